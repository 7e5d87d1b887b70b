"""How a value is built: once for values with a source, once for values without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.base import ValueMutationNew

attributes_can_change = SideEffects.cls_supports_mutation_side_effects

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch._dynamo.variables.base import MutationType, VariableTracker

    from vartrack.context import BuilderContext
    from vartrack.outputs.output import Output

__all__ = ["PartsFirst", "Sourced", "Sourceless", "Traced"]


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
            options: ``source`` for a sourced visit; for a sourceless one ``mutation_type`` if
                the category is `fresh`.
        """
        assert self.tracker_class is not None, f"{self!r} sets neither tracker_class nor tracker"
        return self.tracker_class(value if children is None else children, **options)


class Sourced(_Steps):
    """The half for values that came from somewhere: guard, children, tracker, registration.

    Attributes:
        guarded_by: the guard kinds put on the value's own source.
        tracked: how the value is registered for side effects: ``"mutable"`` if its content can
            be changed in place, ``"existing"`` if its attributes can, ``"if_supported"`` if they
            can unless its class reads attributes in a way of its own, ``"both"`` if content and
            attributes can, ``None`` if neither.

    .. versionadded:: 0.1
    """

    guarded_by: ClassVar[tuple[str, ...] | str] = ()
    tracked: ClassVar[str | None] = None

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The whole of a sourced visit. Override a step of it rather than this."""
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
        if self.tracked == "mutable":
            return ctx.track_mutable(value, tracker)
        if self.tracked == "both":
            return ctx.track_both(value, tracker)
        if self.tracked == "if_supported" and not attributes_can_change(type(value)):
            return tracker
        return ctx.track_existing(value, tracker)


class PartsFirst(Sourced):
    """A sourced half that guards the whole after its parts are built.

    If one of them is refused, no guard on the whole is left behind.

    .. versionadded:: 0.1
    """

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The whole of a sourced visit. Override a step of it rather than this."""
        children = self.children(ctx, value)
        self.guards(ctx, value)
        return self.track(ctx, value, self.tracker(ctx, value, children, source=ctx.source))


class Sourceless(_Steps):
    """The half for values made while tracing: children at once, then a tracker; no guards.

    Attributes:
        fresh: whether the tracker is marked as a new value that the traced code may change.
        direct: optionally, the whole visit as a function of the value alone, for categories that
            are met thousands of times in a compile. A subclass that overrides a step loses it.

    .. versionadded:: 0.1
    """

    fresh: ClassVar[bool] = False
    direct: ClassVar[Callable[[Any], VariableTracker] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        steps = {"visit_sourceless", "children", "tracker"}
        for base in cls.__mro__:
            if "direct" in vars(base):
                break
            if steps & vars(base).keys():  # overridden nearer than `direct`, also by a mixin
                cls.direct = None
                break

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The whole of a sourceless visit. Override a step of it rather than this."""
        children = self.children(ctx, value)
        if self.fresh:
            return self.tracker(ctx, value, children, mutation_type=self.new_mutation())
        return self.tracker(ctx, value, children)

    def new_mutation(self) -> MutationType:
        """The mutation type of a fresh tracker."""
        return ValueMutationNew()


class Traced:
    """The third way into a tracker: the result of an operation that was traced into the graph.

    It shares nothing with the other two. The value it visits is an `vartrack.outputs.Output`, and
    ``types``, ``when_type`` look at the type of its example; ``when`` gets the output itself.

    .. versionadded:: 0.1
    """

    def visit_traced(self, ctx: BuilderContext, output: Output) -> VariableTracker:
        """The tracker of ``output``."""
        raise NotImplementedError(f"{type(self).__name__} says nothing of results")
