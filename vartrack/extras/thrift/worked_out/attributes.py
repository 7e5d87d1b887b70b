"""Attributes of late values: methods that say something about them, and what a member holds."""

from __future__ import annotations

import enum
import re
from collections import deque
from typing import Any

import torch
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker

from vartrack.core import methods
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import LateVariable
from vartrack.extras.thrift.unread.filled import FilledDict, FilledSet
from vartrack.extras.thrift.unread.grown import GrownDeque, GrownList
from vartrack.extras.thrift.unread.only_written import Unread
from vartrack.extras.thrift.worked_out.methods import MethodOfLate, has_method

__all__ = ["of_late"]


#: By type the tracker of a container that is only added to.
_ADDED_TO: dict[type, type[Unread]] = {
    list: GrownList,
    deque: GrownDeque,
    set: FilledSet,
    dict: FilledDict,
}
#: By type the names of what is stored with a value, and is no method.
_STORED: dict[type, frozenset[str]] = {
    type: frozenset({"__name__", "__qualname__", "__module__"}),
    torch.dtype: frozenset({"is_floating_point", "is_complex", "is_signed", "itemsize"}),
    torch.device: frozenset({"type", "index"}),
    re.Match: frozenset({"string", "pos", "endpos", "lastindex", "lastgroup"}),
}


def of_late(tx: Any, late: LateVariable, name: str) -> VariableTracker | None:
    """An attribute of a late value that does not take the value; None if there is none."""
    cls = type(late.example)
    unread = _ADDED_TO.get(cls)
    if unread is not None and name in unread.adding and not is_built(late):
        if unread.can_take(late.example):
            unread.take(tx, late)
        return None
    if has_method(cls, name):
        return MethodOfLate(late, name)
    stored = ""
    if issubclass(cls, enum.Enum) and name in ("name", "value"):
        if methods.held_by(cls, name) is vars(enum.Enum)[name]:
            stored = f"_{name}_"
    elif name in _STORED.get(cls, ()):
        stored = name
    if not stored:
        return None
    late.rely_on_type()
    source = AttrSource(late.original_source(), stored)
    return VariableTracker.build(tx, getattr(late.example, stored), source)
