"""By which way torch reaches each slot of a user's value, on the running release."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from torch._dynamo.variables.base import VariableTracker

from vartrack.compat.hooks import BY_METHOD, hook_name
from vartrack.compat.operators import ADDED, COMPARES

__all__ = ["paths"]


def paths(slots: Iterable[str], answered: Collection[str]) -> dict[str, str]:
    """From each of ``slots`` to how torch comes to ask it.

    Args:
        slots: the names of hooks, as `compat.hooks` has them.
        answered: those for which vartrack answers the built-in function, such as ``len``.
    """
    return {slot: _path(slot, slot in answered) for slot in slots}


def _path(slot: str, answered: bool) -> str:
    older = hook_name(slot)
    if hasattr(VariableTracker, older):
        return "asked" if older == slot else f"asked as `{older}`"
    plain = slot.replace("nb_inplace_", "nb_")
    if plain in ADDED or (slot == "tp_richcompare_impl" and COMPARES):
        return "an entry in torch's table of operators"
    if slot == "hash_impl":
        return "asked in two steps"
    if answered:
        return "an answer for its function"
    if slot in BY_METHOD.values():
        return "asked by method"
    return "evaluated, or asked by method"
