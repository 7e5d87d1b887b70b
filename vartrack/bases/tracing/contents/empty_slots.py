"""Slots that hold nothing: Python asks ``__getattr__`` of the class then, which torch does not."""

from __future__ import annotations

import types
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c
from vartrack.bases.tracing.contents.stored_attributes import is_empty_slot
from vartrack.core.guarding import guards

__all__ = ["asked_of_class", "is_deleted"]


def is_deleted(tracker: VariableTracker, tx: Any, name: str) -> bool:
    """Whether the traced code has deleted the attribute."""
    effects = tx.output.side_effects
    if not effects.has_pending_mutation_of_attr(tracker, name):
        return False
    return type(effects.load_attr(tracker, name, deleted_ok=True)) is DeletedVariable


def asked_of_class(
    tracker: UserDefinedObjectVariable, value: Any, tx: Any, name: str
) -> VariableTracker | None:
    """What ``__getattr__`` gives for a slot that holds nothing; None if it is not to be asked.

    Args:
        tracker: the object, as one whose methods are traced.
        value: the object itself.
        tx: the tracer.
        name: the name of the slot.
    """
    cls = type(value)
    if type(on_class(cls, name)) is not types.MemberDescriptorType or not reads_in_c(cls):
        return None
    if not isinstance(on_class(cls, "__getattr__"), types.FunctionType):
        return None
    if not is_deleted(tracker, tx, name):
        pending = tx.output.side_effects.has_pending_mutation_of_attr(tracker, name)
        if pending or not is_empty_slot(value, name):
            return None
        if tracker.source is not None:
            guards.install_absence(tracker.source, value, name)
    asked = [ConstantVariable.create(name)]
    return UserDefinedObjectVariable.call_method(tracker, tx, "__getattr__", asked, {})
