"""`SnapshotVisitor`: mutable values that are taken for constant and watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.content import content_key
from vartrack.bases.tracing.classes.guarded_class import GuardedClassVariable
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.folded.folded_class import FoldedClassVariable
from vartrack.bases.tracing.snapshots.snapshot_variable import SnapshotVariable
from vartrack.bases.tracing.snapshots.trial import Trial
from vartrack.compat import behaviour
from vartrack.core.texts.articles import with_article

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vartrack.core.context import BuilderContext

__all__ = ["SnapshotClassVariable", "SnapshotVariable", "SnapshotVisitor"]


class SnapshotClassVariable(FoldedClassVariable):
    """A class of snapshots; calling it with constants is evaluated while tracing."""

    def fold(
        self, tx: Any, what: str, get: Callable[[], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        def watched(*positional: Any, **named: Any) -> Any:
            result = get()(*positional, **named)
            kept = Trial(result).parts()
            for operand in (*positional, *named.values()):
                if id(operand) in kept:
                    refuse(
                        what,
                        f"keeps {with_article(type(operand))} that it is given, and that the "
                        "function may change later",
                        "Make the object outside the compiled function and pass it in.",
                    )
            return result

        return super().fold(tx, what, lambda: watched, args, kwargs)


class SnapshotVisitor(ConstantVisitor, abstract=True):
    """For mutable values: what torch traces is traced, and the rest is evaluated.

    Set ``types``. Attributes, and methods and properties that the user wrote, are traced part by
    part, and may change the value. What C code computes, or a package's own code, is tried on a
    deep copy while tracing, and the key of the value is computed at every call from then on;
    ``explain`` shows how long that takes. A use that would change the key breaks the graph, and
    happens once, outside of it.

    Attributes:
        key: from a value to what makes it the same, as a static method. It must return something
            hashable. By default it is all that the value holds, see `content_key`; give one that
            is quicker, or that leaves out what does not matter, such as caches.
        fold_calls: whether calling the class and its class methods with constants is evaluated
            while tracing. If not, they are traced, and a new object may be changed.

    .. versionadded:: 0.1
    """

    key: ClassVar[Any] = staticmethod(content_key)
    folded_class = SnapshotVariable
    tracked = "existing"
    fold_calls: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.key is None:
            # comparing a value with itself says nothing about one that can change
            cls.key = staticmethod(content_key)

    @classmethod
    def doubts(cls) -> Iterator[tuple[str, str]]:
        yield from ()  # what can change is looked at

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        effects = ctx.tx.output.side_effects
        return effects[value] if value in effects else super().visit_sourceless(ctx, value)

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        if not self.fold_calls:
            guards = behaviour.GUARDS_ATTRIBUTES_OF_CLASSES
            return None if guards else GuardedClassVariable(cls, **options)
        return SnapshotClassVariable(cls, self.impure, state=type(self).state, **options)
