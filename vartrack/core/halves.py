"""How a value is built: once for values with a source, once for values without."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.base import ValueMutationNew

from vartrack.core.context import BuilderContext

attributes_can_change = SideEffects.cls_supports_mutation_side_effects

if TYPE_CHECKING:
    from torch._dynamo.variables.base import MutationType, VariableTracker

    from vartrack.core.made import Again, Made
    from vartrack.core.result import Result

__all__ = ["HALVES", "Sourced", "Sourceless", "Traced", "Tracked"]


class _Steps:
    """The steps both halves share, each small enough to be overridden alone."""

    #: The tracker class; ``tracker`` passes it the value, or the children if there are any.
    tracker_class: ClassVar[type[VariableTracker] | None] = None

    def children(self, ctx: BuilderContext, value: Any) -> Any:
        """Trackers for the parts of ``value``, made through ``ctx`` so that each has its source.

        The base class makes none. What is returned is handed to `tracker`.
        """
        return None

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        """The tracker of ``value``.

        Args:
            ctx: where the build stands.
            value: the value.
            children: what `children` returned.
            options: ``source`` in the sourced half.
        """
        assert self.tracker_class is not None, f"{self!r} sets neither tracker_class nor tracker"
        return self.tracker_class(value if children is None else children, **options)


class Tracked(str, enum.Enum):
    """How torch is told of a value whose changes it has to write back.

    .. versionadded:: 0.2
    """

    #: Its content can be changed in place.
    MUTABLE = "mutable"
    #: Its attributes can.
    EXISTING = "existing"
    #: Its attributes can, unless its class reads attributes in a way of its own.
    IF_SUPPORTED = "if_supported"
    #: Content and attributes both can.
    BOTH = "both"

    def register(
        self, ctx: BuilderContext, value: Any, tracker: VariableTracker
    ) -> VariableTracker:
        """Register ``tracker`` as the tracker of ``value`` in this way."""
        return _REGISTER[self](ctx, value, tracker)


def _existing_if_supported(
    ctx: BuilderContext, value: Any, tracker: VariableTracker
) -> VariableTracker:
    if not attributes_can_change(type(value)):
        return tracker
    return ctx.track_existing(value, tracker)


_REGISTER: dict[Tracked, Callable[[BuilderContext, Any, VariableTracker], VariableTracker]] = {
    Tracked.MUTABLE: BuilderContext.track_mutable,
    Tracked.EXISTING: BuilderContext.track_existing,
    Tracked.IF_SUPPORTED: _existing_if_supported,
    Tracked.BOTH: BuilderContext.track_both,
}


class Sourced(_Steps):
    """The half for values that came from somewhere: guard, children, tracker, registration.

    Attributes:
        guarded_by: the guard kinds put on the value's own source.
        parts_first: whether the guards on the whole come after its parts are built. If a part is
            refused, none on the whole is then left behind.
        tracked: how the value is registered for side effects, one of `Tracked` or its text;
            ``None`` if nothing of it can change.

    .. versionadded:: 0.1
    """

    guarded_by: ClassVar[tuple[str, ...] | str] = ()
    parts_first: ClassVar[bool] = False
    tracked: ClassVar[Tracked | str | None] = None

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The whole of a sourced visit. Override a step of it rather than this."""
        if self.parts_first:
            children = self.children(ctx, value)
            self.guards(ctx, value)
        else:
            self.guards(ctx, value)
            children = self.children(ctx, value)
        return self.track(ctx, value, self.tracker(ctx, value, children, source=ctx.source))

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        """Install the guards under which the tracker stays right."""
        for kind in self.guarded_by:
            ctx.guard(kind)

    def track(self, ctx: BuilderContext, value: Any, tracker: VariableTracker) -> VariableTracker:
        """Register ``tracker`` as the tracker of ``value`` if the category is ``tracked``."""
        if self.tracked is None:
            return tracker
        return self.tracked.register(ctx, value, tracker)  # type: ignore[union-attr,attr-defined]


class Sourceless(_Steps):
    """The half for values made while tracing: children at once, then a tracker; no guards.

    Its two steps do what those of the sourced half do, unless a category has others.

    Attributes:
        fresh: whether the tracker is marked as a new value that the traced code may change.

    .. versionadded:: 0.1
    """

    fresh: ClassVar[bool] = False
    #: Optionally the whole visit as one function that does not fail, for categories that are met
    #: thousands of times in a compile (see `vartrack.core.made`). A subclass that overrides a step
    #: loses it.
    _made: ClassVar[Made | None] = None
    #: Optionally what is asked after the visit of a function in C, and gives what makes the tracker
    #: of this very function for as long as the compile lasts. It is lost in the same way.
    _again: Callable[[BuilderContext, Any], Again] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        steps = {"visit_sourceless", "new_children", "new_tracker", "children", "tracker", "when"}
        steps |= {"tracker_class", "fresh", "new_mutation"}
        for shortcut in ("_made", "_again"):
            for base in cls.__mro__:
                if shortcut in vars(base):
                    break
                if steps & vars(base).keys():  # overridden nearer than that, also by a mixin
                    setattr(cls, shortcut, None)
                    break

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The whole of a sourceless visit. Override a step of it rather than this."""
        children = self.new_children(ctx, value)
        if self.fresh:
            return self.new_tracker(ctx, value, children, mutation_type=self.new_mutation())
        return self.new_tracker(ctx, value, children)

    def new_children(self, ctx: BuilderContext, value: Any) -> Any:
        """Trackers for the parts of a ``value`` made while tracing; as `children` if not given."""
        return self.children(ctx, value)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        """The tracker of a ``value`` made while tracing; as `tracker` if not given.

        Args:
            ctx: where the build stands; its source is None.
            value: the value.
            children: what `new_children` returned.
            options: ``mutation_type`` if the category is `fresh`.
        """
        return self.tracker(ctx, value, children, **options)

    def new_mutation(self) -> MutationType:
        """The mutation type of a fresh tracker."""
        return ValueMutationNew()


class Traced:
    """The third way into a tracker: the result of an operation that was traced into the graph.

    It shares nothing with the other two. The value it visits is an `vartrack.Result`, and
    ``types``, ``when_type`` look at the type of its example; ``when`` gets the output itself.

    .. versionadded:: 0.1
    """

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        """The tracker of ``output``."""
        raise NotImplementedError(f"{type(self).__name__} says nothing of results")


#: The three ways in which a value gets its tracker.
HALVES: tuple[type, ...] = (Sourced, Sourceless, Traced)
