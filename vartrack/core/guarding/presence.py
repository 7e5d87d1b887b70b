"""Guards that something is at a place, or nothing, whatever it is."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from vartrack.core.guarding.keys import check_at_every_call

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard

__all__ = ["ATTRIBUTE", "PRESENT", "SLOT_HOLDS", "TAKEN_FOR_IMMUTABLE", "SlotCheck"]

#: Of what torch takes for immutable, subclasses too. Where the dict or module that holds one did
#: not change, torch runs no guard on it, other than on what is read from it.
TAKEN_FOR_IMMUTABLE = (int, float, str, tuple)


def PRESENT(builder: GuardBuilder, guard: Guard) -> None:
    """Have compiled code read the guarded place, which fails where nothing is found."""
    code = f"{builder.arg_ref(guard)} is there"
    guard.set_export_info("PRESENT", None, [code], None)
    builder.get_guard_manager(guard)


def ATTRIBUTE(builder: GuardBuilder, guard: Guard, *, name: str, there: bool) -> None:
    """Have compiled code ask at every call if the guarded value has the attribute ``name``."""
    code = f"hasattr({builder.arg_ref(guard)}, {name!r}) is {there}"
    guard.set_export_info("ATTRIBUTE", None, [code], None)

    def check(value: Any) -> bool:
        return hasattr(value, name) is there

    check_at_every_call(builder.get_guard_manager(guard), check, code, guard)


class SlotCheck:
    """Asks whether a slot holds something, or nothing, as it did; no ``__getattr__`` is asked.

    Args:
        slot: what the class has for it.
        value: the object at hand.
    """

    __slots__ = ("full", "slot")

    def __init__(self, slot: types.MemberDescriptorType, value: Any) -> None:
        self.slot = slot
        self.full = self._is_full(value)

    def _is_full(self, value: Any) -> bool:
        try:
            self.slot.__get__(value)
        except AttributeError:
            return False
        return True

    def __call__(self, value: Any) -> bool:
        """Whether it is as it was; False also for objects that have no such slot."""
        return isinstance(value, self.slot.__objclass__) and self._is_full(value) is self.full


def SLOT_HOLDS(builder: GuardBuilder, guard: Guard, *, check: SlotCheck) -> None:
    """Have compiled code call ``check`` on the guarded value."""
    what = "something" if check.full else "nothing"
    code = f"slot {check.slot.__name__} of {builder.arg_ref(guard)} holds {what}"
    guard.set_export_info("SLOT_HOLDS", None, [code], None)
    check_at_every_call(builder.get_guard_manager(guard), check, code, guard)
