"""Attributes of late values: methods that say something about them, and what a member holds."""

from __future__ import annotations

import enum
from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.core import methods
from vartrack.extras.thrift import asking
from vartrack.extras.thrift.grown import ADDING, grow
from vartrack.extras.thrift.held import is_built
from vartrack.extras.thrift.late import LateVariable, is_late

__all__ = ["of_late"]


class MethodOfLate(GetAttrVariable):
    """A method of a late value that says something about it.

    Args:
        obj: the late value.
        name: the name of the method.
        options: what else a tracker takes.
    """

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        late: Any = self.obj
        if is_late(late) and not kwargs:
            answer = asking.method(late, self.name, args)
            if answer is not None:
                return ConstantVariable.create(answer)
        result: VariableTracker = late.realize().call_method(tx, self.name, [*args], kwargs)
        return result


def of_late(tx: Any, late: LateVariable, name: str) -> VariableTracker | None:
    """An attribute of a late value that does not take the value; None if there is none."""
    cls = type(late.example)
    if cls is list and name in ADDING and not is_built(late):
        grow(tx, late)
        return None
    if name in asking.METHODS.get(cls, ()):
        return MethodOfLate(late, name)
    stored = ""
    if issubclass(cls, enum.Enum) and name in ("name", "value"):
        if methods.held_by(cls, name) is vars(enum.Enum)[name]:
            stored = f"_{name}_"
    elif cls is type and name in ("__name__", "__qualname__", "__module__"):
        stored = name
    if not stored:
        return None
    late.rely_on_type()
    source = AttrSource(late.original_source(), stored)
    return VariableTracker.build(tx, getattr(late.example, stored), source)
