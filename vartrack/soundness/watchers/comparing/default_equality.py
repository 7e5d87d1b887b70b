"""`==` of objects whose class has no `__eq__`, where torch asks a method whether they are one."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import COMPARES_BY_METHOD
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.comparing.identity import answer_of

__all__ = ["WATCHERS"]


def _asks_identity(tracker: Any, name: str, args: Any) -> bool:
    """Whether the method is the ``__eq__`` of `object`, and both operands are objects."""
    if name != "__eq__" or len(args) != 1:
        return False
    found = find(tracker.python_type(), "__eq__")
    return found is not None and found[0] is object


def _equal(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    """Two that are not one are not yet unequal: then Python asks the other, and torch does not."""
    if not _asks_identity(tracker, name, args):
        return own(tracker, tx, name, args, kwargs)
    other = args[0].realize()
    same = tracker is other
    if not same and isinstance(other, UserDefinedObjectVariable):
        found = answer_of(ledger, tracker, other)
        same = tracker.value is other.value if found is None else found
    return ConstantVariable.create(True) if same else VariableTracker.build(tx, NotImplemented)


def _noted(
    ledger: Ledger, result: Any, tracker: Any, tx: Any, name: Any, args: Any, *_: Any
) -> None:
    """The same where it changes nothing."""
    if _asks_identity(tracker, name, args) and tracker is not args[0]:
        answer_of(ledger, tracker, args[0])


WATCHERS: tuple[Watcher, ...] = (
    (Watcher(UserDefinedObjectVariable, "call_method", "identity", after=_noted, instead=_equal),)
    if COMPARES_BY_METHOD
    else ()
)
