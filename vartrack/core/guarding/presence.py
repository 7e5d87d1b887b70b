"""A guard that something is at a place, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard

__all__ = ["PRESENT"]


def PRESENT(builder: GuardBuilder, guard: Guard) -> None:
    """Have compiled code read the guarded place, which fails where nothing is found."""
    code = f"{builder.arg_ref(guard)} is there"
    guard.set_export_info("PRESENT", None, [code], None)
    builder.get_guard_manager(guard)
