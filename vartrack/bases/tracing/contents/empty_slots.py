"""Slots that hold nothing: Python asks ``__getattr__`` of the class then, which torch does not.

Up to 2.12 torch does not ask the class for what was deleted either.
"""

from __future__ import annotations

import types
from typing import Any

from torch._dynamo.source import TypeSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c
from vartrack.bases.tracing.contents.stored_attributes import is_empty_slot
from vartrack.compat import behaviour
from vartrack.compat.hooks import read_attribute
from vartrack.core.guarding import guards

__all__ = ["asked_of_class", "is_deleted", "uncovered"]


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


def uncovered(tracker: UserDefinedObjectVariable, tx: Any, name: str) -> VariableTracker | None:
    """What the class has under the name of an attribute that was deleted; None if nothing, or if
    it is to be read as usual.

    Args:
        tracker: the object.
        tx: the tracer.
        name: the name of the attribute.
    """
    if behaviour.UNCOVERS_DELETED or not is_deleted(tracker, tx, name):
        return None
    cls = tracker.python_type()
    found = on_class(cls, name)
    if found is None or hasattr(type(found), "__get__"):
        return None
    source = tracker.source and TypeSource(tracker.source)
    return read_attribute(VariableTracker.build(tx, cls, source), tx, name)
