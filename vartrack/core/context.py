"""`BuilderContext`: where one build stands, and what a visitor may do there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from torch._dynamo import exc
from torch._dynamo.source import AttrSource, DictGetItemSource, GetItemSource

from vartrack.compat import names, shared
from vartrack.compat.making import lazy
from vartrack.core import aliases
from vartrack.core.guarding import guards

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer
    from vartrack.core.visitor import Visitor

__all__ = ["BuilderContext"]


class BuilderContext:
    """Where one build stands: the tracer, the value's source, the compile it belongs to.

    Attributes:
        tx: the tracer.
        source: where the value came from; None if it was made while tracing.
        compile: the compile, with its table of visitors.
        allow_lazy_constant: whether an int, float, bool or str may come back as a lazy constant.
        visitor: the visitor at work, once there is one.
        found: what the ``when`` of that visitor returned, so that it need not be worked out twice.

    .. versionadded:: 0.1
    """

    __slots__ = ("allow_lazy_constant", "compile", "found", "source", "tx", "visitor")

    def __init__(
        self,
        tx: Tracer,
        source: Source | None,
        compile: Compile,
        allow_lazy_constant: bool = True,
    ) -> None:
        self.tx = tx
        self.source: Any = source
        self.compile = compile
        self.allow_lazy_constant = allow_lazy_constant
        self.visitor: Visitor | None = None
        self.found: Any = None

    @property
    def guards(self) -> list[str]:
        """The kinds of the guards that now stand on this context's own source."""
        if self.source is None:
            return []
        standing = shared.guards_on(self.tx.output.guards, self.source)
        return [guard.inner_create_fn().__name__ for guard in standing]

    # guards

    def guard(self, *kinds: str, **options: Any) -> bool:
        """Guard the value's source; the only way to a guard.

        Args:
            kinds: keys of `vartrack.GUARD_KINDS`, such as ``"TYPE_MATCH"``.
            options: further arguments for the kind, such as ``value``.

        Returns:
            False if the source cannot carry guards or there is none; the visitor decides what
            that means.

        Raises:
            VisitorError: there is no such kind.
        """
        source = self.source
        if source is None:
            return False
        installed = True
        for kind in kinds:
            installed &= guards.install(source, kind, options)
        return installed

    # parts

    def under(self, source_class: Callable[..., Source], *args: Any) -> BuilderContext:
        """The context of a part, whose source is ``source_class(self.source, *args)``."""
        base = self.source
        source = None if base is None else source_class(base, *args)
        return BuilderContext(self.tx, source, self.compile)

    def attr(self, name: str) -> BuilderContext:
        """The context of the attribute ``name``."""
        return self.under(AttrSource, name)

    def item(self, key: Any) -> BuilderContext:
        """The context of ``value[key]`` for an index or another plain key."""
        return self.under(GetItemSource, key)

    def dict_item(self, key: Any) -> BuilderContext:
        """The context of ``value[key]`` in a dict; ``key`` is a constant or a key's source."""
        return self.under(DictGetItemSource, key)

    def sourceless(self) -> BuilderContext:
        """The context of parts that a guard on the whole covers, so that they need no source."""
        return BuilderContext(self.tx, None, self.compile)

    # children

    def visit(self, value: Any) -> VariableTracker:
        """Build ``value`` now, in this context, through the compile's own registry."""
        return self.compile.build(self.tx, self.source, value)

    def lazy(self, value: Any) -> VariableTracker:
        """A tracker that builds ``value`` when it is first needed; without a source, now."""
        if self.source is None:
            return self.compile.build(self.tx, None, value)
        return lazy(value, self.source, tx=self.tx)

    def lazy_items(
        self, values: Iterable[Any], source_class: Callable[..., Source] = GetItemSource
    ) -> list[VariableTracker]:
        """Trackers for the items of a sequence, each lazy under ``source_class(source, index)``."""
        base, tx = self.source, self.tx
        if base is None:
            build = self.compile.build
            return [build(tx, None, value) for value in values]
        return [lazy(value, source_class(base, index), tx=tx) for index, value in enumerate(values)]

    def lazy_attrs(self, value: Any, names: Iterable[str]) -> list[VariableTracker]:
        """Lazy trackers for the named attributes of ``value``, each under its own source."""
        return [self.attr(name).lazy(getattr(value, name)) for name in names]

    def visit_attrs(self, value: Any, names: Iterable[str]) -> list[VariableTracker]:
        """Trackers for the named attributes of ``value``, built now."""
        return [self.attr(name).visit(getattr(value, name)) for name in names]

    def continue_with(self, value: Any, source: Source) -> VariableTracker:
        """Go on with another value in this one's place, such as what a wrapper holds.

        The tracker is filed under ``source``. A value that has a tracker already keeps it.
        """
        self.source = source
        side_effects = self.tx.output.side_effects
        if value in side_effects:
            return side_effects[value]
        return self.compile.sourced[type(value)].visit(self, value)

    def alias(self, value: Any) -> VariableTracker:
        """The tracker that ``value`` has already, guarded to be the same object here."""
        return aliases.alias(self, value)

    # registration

    def track_mutable(self, value: Any, tracker: VariableTracker) -> VariableTracker:
        """Register ``tracker`` for ``value``, whose content the traced code may change."""
        return self.tx.output.side_effects.track_mutable(value, tracker)

    def track_existing(self, value: Any, tracker: VariableTracker) -> VariableTracker:
        """Register ``tracker`` for ``value``, whose attributes the traced code may change."""
        return self.tx.output.side_effects.track_object_existing(value, tracker)

    def track_both(self, value: Any, tracker: VariableTracker) -> VariableTracker:
        """Register ``tracker`` for ``value``, whose content and attributes may both change."""
        kind = names.content_and_attributes()
        side_effects: Any = self.tx.output.side_effects
        return side_effects.track_object_existing(value, tracker, kind)

    # refusal

    def unsupported(
        self, gb_type: str, explanation: str, context: str = "", hints: Sequence[str] = ()
    ) -> NoReturn:
        """Break the graph here.

        Args:
            gb_type: the name of the graph break, the same for every value.
            explanation: why, in words for the user.
            context: what to know when debugging it.
            hints: what the user can do.

        Raises:
            Unsupported: always; torch turns it into a graph break, or with ``fullgraph=True``
                into an error.
        """
        exc.unimplemented(
            gb_type=gb_type, context=context, explanation=explanation, hints=list(hints)
        )
        raise AssertionError("unreachable: torch's unimplemented always raises")
