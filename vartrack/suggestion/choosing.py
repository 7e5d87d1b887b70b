"""Which base fits a value, by what is known of it."""

from __future__ import annotations

import vartrack.bases
from vartrack.suggestion.traits import Traits

__all__ = ["fitting_base"]


def fitting_base(traits: Traits, name: str) -> tuple[str, str]:
    """The name of the base for a value of the type ``name``, and why."""
    if traits.tensors:
        held = ", ".join(f"`{each}`" for each in traits.tensors)
        return "RecordVisitor", f"{name} holds tensors ({held}), which are inputs of the graph."
    if traits.mapping and "MappingVisitor" in vartrack.bases.__all__:
        return "MappingVisitor", f"{name} is a mapping: items are read by key, each with a guard."
    if traits.member:
        return "ConstantVisitor", f"{name} is an enumeration: its members never change."
    if traits.by_value:
        return "ConstantVisitor", (
            f"{name} compares and hashes by content, as types do whose values never change."
        )
    if not traits.readable:
        return "OpaqueVisitor", (
            f"What {name} holds cannot be read or copied, so it can only be carried along."
        )
    if traits.settable or not traits.fields:
        return "SnapshotVisitor", f"{name} can change: its content is looked at when it is used."
    return "ConstantVisitor", f"No field of {name} can be set."
