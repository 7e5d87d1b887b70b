"""`ConstantVisitor`: immutable values that are evaluated while tracing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.source import is_constant_source

from vartrack.bases.attributes import check_functions, check_names
from vartrack.bases.traced_types import why_torch_copes
from vartrack.bases.tracing.contents.content_guard import ContentGuard
from vartrack.bases.tracing.filled.kept_apart import note_value
from vartrack.bases.tracing.folded.folded_class import FoldedClassVariable
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.core.guarding.keys import State
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.texts.articles import with_article
from vartrack.core.visitor import Visitor
from vartrack.inputs import value_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["ConstantVisitor"]


class ConstantVisitor(Sourced, Sourceless, Visitor, abstract=True):
    """For immutable values: what they store is read, what the user wrote traced, C evaluated.

    Set ``types``. Operators, comparison, hashing, formatting, indexing, iteration and methods in C
    are evaluated while tracing if all operands are constants; calls of the class too. Those that
    the user wrote in Python are traced. The guard is that the value has the same type; of a part
    that is read, what torch guards of it; and once something was evaluated that depends on the
    value, its key: one that is only carried, returned or asked for its type has no other.

    Attributes:
        key: what makes two values the same; by default they are the same if they are equal. Give
            one, as a static method, where equal values behave differently, such as ``0.0`` and
            ``-0.0``. It must return something hashable. Keys are compared by value and type all
            the way down: see `vartrack.core.guarding.keys.same`.
        impure: names of attributes and methods that depend on more than their operands, such as
            ``now``. They break the graph.
        places: names of attributes that are read at every call, as if they were stored: what they
            give is guarded instead of the value. For pure ones that cost little. Also of methods
            in C that give a number and take nothing, and ``__getitem__`` if that is in C.
        traced: names of methods and properties that are traced, as those that the user wrote are,
            and not evaluated, though they came with a package: what they read is guarded.
        state: what results depend on besides the operands, such as a thread's settings: a static
            method that takes nothing and gives something that ``==`` compares. It is guarded in
            every graph that something was evaluated for.
        folded_class: the tracker class.

    .. versionadded:: 0.1
    """

    key: ClassVar[Callable[..., Any] | None] = None
    impure: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[tuple[str, ...]] = ()
    traced: ClassVar[tuple[str, ...]] = ()
    state: ClassVar[State | None] = None
    folded_class: ClassVar[type[FoldedVariable]] = FoldedVariable

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_functions(cls, ("key", "state"))
        check_names(cls, ("impure", "places", "traced"))

    @classmethod
    def doubts(cls) -> Iterator[tuple[str, str]]:
        for kind in cls.types:
            if (why := why_torch_copes(kind)) and cls.when is None and cls.when_type is None:
                yield why

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        # of the content only once the trace relies on it: see `ContentGuard`
        if not ctx.guard("TYPE_MATCH") and not is_constant_source(ctx.source):
            ctx.unsupported(
                "vartrack: no place for a guard",
                context=f"{self.name}, {type(value).__module__}.{type(value).__qualname__}",
                explanation=f"{self.name} cannot guard {with_article(type(value))} at "
                f"{ctx.source.name}, which is gone when guards are checked.",
                hints=["Pass the value in as an argument, or keep it in a global or an attribute."],
            )

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        value_numbers.met(ctx.compile, ctx.source)
        note_value(ctx.compile, value, ctx.source)
        content = ContentGuard(ctx, self, value, type(self).key)
        return self.new_tracker(ctx, value, children, content=content, **options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        kind = type(self)
        return self.folded_class(value, self.impure, key=kind.key, state=kind.state, **options)

    def track(self, ctx: BuilderContext, value: Any, tracker: VariableTracker) -> VariableTracker:
        if getattr(tracker, "content", None) is None:
            # of a subclass's own making: nobody else would guard the content
            ContentGuard(ctx, self, value, type(self).key).install()
        return super().track(ctx, value, tracker)

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return FoldedClassVariable(cls, self.impure, state=type(self).state, **options)
