"""Locks, which a graph can carry but not take."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from vartrack.bases import OpaqueVisitor
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.objects.opaque_variable import OpaqueVariable

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["Locks"]


class LockVariable(OpaqueVariable):
    """A lock, which says why no graph takes it."""

    def use(self, what: str) -> Any:
        refuse(
            f"{self.cls.__module__}.{self.cls.__qualname__}",
            f"would be taken or asked in a graph ({what}), where it protects nothing: what the "
            "graph relies on is read before it runs",
            "Take it around the call of the compiled function.",
            "Or leave out fullgraph=True: the block then runs as it is written, under the lock, "
            "and what it calls is compiled for itself.",
        )


class Locks(OpaqueVisitor):
    """Locks, conditions, semaphores and barriers. `with lock:` breaks the graph.

    What a graph reads of objects was guarded before it ran, so a lock taken in it protects nothing.

    .. versionadded:: 0.1
    """

    types = (
        type(threading.Lock()),
        type(threading.RLock()),
        threading.Condition,
        threading.Semaphore,
        threading.Barrier,
    )

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return LockVariable(type(value), value, **options)
