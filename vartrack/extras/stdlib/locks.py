"""Locks, which a graph can carry but not take."""

from __future__ import annotations

import threading

from vartrack.bases import OpaqueVisitor

__all__ = ["Locks"]


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
