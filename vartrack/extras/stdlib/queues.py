"""Queues, which a graph can look at: how much is in them, and what."""

from __future__ import annotations

import operator
import queue
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases import ConstantVisitor
from vartrack.bases.record import RecordVariable, RecordVisitor

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["Queues", "SimpleQueues"]

#: What takes, puts or waits.
_CHANGES = ("get", "get_nowait", "join", "put", "put_nowait", "shutdown", "task_done")


def _qsize(self: Any) -> int:
    return len(self.queue)


def _empty(self: Any) -> bool:
    return not len(self.queue)


def _full(self: Any) -> bool:
    return 0 < self.maxsize <= len(self.queue)


class QueueVariable(RecordVariable):
    """A queue: its methods take a lock for reading one number, and this is traced without."""

    read: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "empty": _empty,
        "full": _full,
        "qsize": _qsize,
    }

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in self.read or name in _CHANGES:
            return GetAttrVariable(self, name, py_type=types.MethodType)
        return super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in self.read and not args and not kwargs:
            return VariableTracker.build(tx, self.read[name]).call_function(tx, [self], {})
        if name in _CHANGES:
            self.refuse(
                name,
                "changes a queue that other threads wait for, so not at the end of a graph",
                "Take and put items outside the compiled function.",
            )
        return super().call_method(tx, name, args, kwargs)


class Queues(RecordVisitor):
    """``queue.Queue``, ``LifoQueue`` and ``PriorityQueue``, read and not changed.

    .. versionadded:: 0.2
    """

    types = (queue.Queue, queue.LifoQueue, queue.PriorityQueue)
    exact = True
    record_class = QueueVariable


class SimpleQueues(ConstantVisitor):
    """``queue.SimpleQueue``, by how much is in it, which is all that can be asked.

    .. versionadded:: 0.2
    """

    types = (queue.SimpleQueue,)
    exact = True
    key = operator.methodcaller("qsize")
    impure = ("get", "get_nowait", "put", "put_nowait")

    def class_tracker(self, ctx: BuilderContext, cls: type, **options: Any) -> None:
        return None  # each call of the program makes a new one, which can be filled
