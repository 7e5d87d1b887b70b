"""Keys of one hash that torch tells apart, or takes for one, without asking them."""

from __future__ import annotations

from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.names import LAZY
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]


def _equal(ledger: Ledger, own: Any, constant: Any, other: Any) -> Any:
    """A key is found by its identity too, as one that is not equal to itself."""
    if isinstance(other, ConstantVariable) and constant.value is other.value:
        return True
    if type(other) in LAZY:
        other = other.realize()
    if type(other) is UserDefinedObjectVariable:
        _refuse_equal(other)
        return False
    return own(constant, other)


def _alike(ledger: Ledger, own: Any, tracker: Any, other: Any) -> Any:
    """Keys with one hash, which torch tells apart unless they are one object."""
    if type(other) in LAZY:
        other = other.realize()
    if type(tracker) is UserDefinedObjectVariable and isinstance(other, ConstantVariable):
        _refuse_equal(tracker)
        return False
    result = own(tracker, other)
    if result or type(tracker) is not UserDefinedObjectVariable or type(other) is not type(tracker):
        return result
    if type(other.value) is type(tracker.value):
        _refuse_equal(tracker)
    return result


def _refuse_equal(tracker: Any) -> None:
    """Its `__eq__` would be asked whether it is the key that has the same hash."""
    cls = type(tracker.value)
    found = find(cls, "__eq__")
    if found is not None and found[0] is not object:
        unimplemented(
            gb_type="vartrack: keys that could be equal",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation=f"A {cls.__qualname__} and another key of a dict or set have one hash. "
            "torch takes them for different without asking the `__eq__`.",
            hints=["Use a key that is a number, a text or a tuple of these."],
        )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ConstantVariable, "is_python_equal", "tracing", instead=_equal, needed=False),
    Watcher(UserDefinedObjectVariable, "is_python_equal", "tracing", instead=_alike, needed=False),
)
