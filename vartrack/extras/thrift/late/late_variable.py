"""Values that are not built, and so not guarded, before something depends on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lazy import LazyCache, LazyVariableTracker

from vartrack.bases.tracing.late.waiting import MadeLater, Waiting
from vartrack.core.guarding.presence import PRESENT
from vartrack.extras.thrift.late.asked import Asked

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["LateMatch", "LateVariable", "is_late"]


#: The classes of trackers of late values.
_LATE: set[type] = set()


class LateVariable(Waiting):
    """A value that came from somewhere and is read from there again when the graph has run.

    The real tracker has the guards of its visitor. What is asked of the value in `questions` is
    guarded by the answer.

    Args:
        _cache: torch's record of the value and its source.
        kind: which trackers the value can have, a row of `kinds.KINDS`.
        asked: the questions that were put to the value, with the guard on the answers.
        options: ``source``, and what else a tracker takes.
    """

    _nonvar_fields = {"asked", "kind", "type_guard", *LazyVariableTracker._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, kind: Any, asked: Asked, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.kind = kind
        self.asked = asked
        self.type_guard: Any = None

    @classmethod
    def of(cls, value: Any, source: Source, kind: Any, asked: Asked) -> LateVariable:
        """The late tracker of ``value``, which is at ``source``."""
        return cls(LazyCache(value, source), kind=kind, asked=asked, source=source)

    @property
    def example(self) -> Any:
        """The value at hand; another may come next."""
        return self.asked.value

    def rely_on_type(self) -> None:
        """Have the type guarded; asked at every use, as torch may have dropped what stood."""
        if self.type_guard is None:
            self.type_guard = self.original_source().make_guard(GuardBuilder.TYPE_MATCH)
        install_guard(self.type_guard, skip=1)

    def place(self) -> Source:
        """Where the value is."""
        return self.original_source()

    def rely_on_presence(self) -> None:
        """Have guarded that it is there, as it is loaded again when the graph has run.

        What it is then makes no difference, unless it is a container: the trace may have read
        parts of that.
        """
        if self.kind.holds:
            self.rely_on_type()
        else:
            install_guard(self.original_source().make_guard(PRESENT), skip=1)

    def realize(self) -> VariableTracker:
        if self.is_realized():
            return super().realize()
        source = self.original_source()
        tracker = super().realize()
        if tracker.source != source and self.kind.is_one_of_few:
            # torch has no guard that a local and a global are one object
            install_guard(source.make_guard(GuardBuilder.ID_MATCH), skip=1)
        return tracker


class LateMatch(MadeLater, LateVariable):
    """What a pattern finds in a late text: another object at each call.

    Args:
        work_out: gives the real tracker, which takes those values.
        pattern: what it was found by.
        options: what else a late tracker takes.
    """

    _nonvar_fields = {"pattern", "work_out", *LateVariable._nonvar_fields}

    def __init__(
        self,
        *args: Any,
        work_out: Callable[[], VariableTracker],
        pattern: VariableTracker,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.work_out = work_out
        self.pattern = pattern

    def make(self) -> VariableTracker:
        return self.work_out().realize()


_LATE.update((LateVariable, LateMatch))


def is_late(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a late value that nothing has depended on yet."""
    return type(tracker) in _LATE and not tracker.is_realized()
