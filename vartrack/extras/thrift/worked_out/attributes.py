"""Attributes of late values: methods that say something about them, and what a member holds."""

from __future__ import annotations

import enum
import functools
import re
import types
import typing
from collections import deque
from typing import Any

import torch
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.utils import np
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lazy import LazyVariableTracker

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import bound_method
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.user_code import methods
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import LateVariable, is_late
from vartrack.extras.thrift.late.views import VIEWS, ViewMethod, has_views
from vartrack.extras.thrift.of_all.found_at import SearchOf, has_search
from vartrack.extras.thrift.unread.filled import FilledDict, FilledSet
from vartrack.extras.thrift.unread.grown import GrownDeque, GrownList
from vartrack.extras.thrift.unread.only_written import Unread
from vartrack.extras.thrift.worked_out.methods import MethodOfLate, has_method

__all__ = [
    "class_of",
    "is_plain",
    "is_there",
    "named_class_of",
    "of_late",
    "take_if_added_to",
]


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
    complex: frozenset({"real", "imag"}),
    typing.TypeVar: frozenset({"__name__"}),
    re.Match: frozenset({"string", "pos", "endpos", "lastindex", "lastgroup"}),
}


def class_of(tx: Any, value: Any) -> VariableTracker | None:
    """The class of a late value, or of an object that nothing was asked of; None for others.

    Of such an object nothing is guarded: its class is a late value of its own.
    """
    if is_late(value):
        cls: type = value.python_type()
    elif type(value) is LazyVariableTracker and not value.is_realized():
        cls = type(value.original_value())
        if issubclass(cls, _OTHERWISE):
            return None
    else:
        return None
    source: Any = value.original_source()
    tracker: VariableTracker = VariableTracker.build(tx, cls, TypeSource(source))
    return tracker


#: Of these a tracker gives another class than they have, or one that depends on more.
_OTHERWISE = (torch.Tensor, *((np.ndarray, np.generic) if np else ()))


def named_class_of(tx: Any, value: Any) -> VariableTracker | None:
    """``value.__class__`` of an object that nothing was asked of; None if it may be another."""
    if type(value) is not LazyVariableTracker or value.is_realized():
        return None
    if not is_plain(type(value.original_value())) or is_stored(tx):
        return None
    place = TypeSource(value.original_source())
    plain = worked_out(f"{__name__}.is_plain({{}})", f"{__name__}.is_plain", [place])
    install_guard(plain.make_guard(GuardBuilder.CONSTANT_MATCH))
    return class_of(tx, value)


def is_plain(cls: type) -> bool:
    """Whether the ``__class__`` of an instance is ``cls``."""
    own = methods.held_by(cls, "__class__") is object.__dict__["__class__"]
    return own and type(methods.held_by(cls, "__getattribute__")) is types.WrapperDescriptorType


def is_there(owner: Any, name: VariableTracker) -> bool | None:
    """``hasattr(owner, name)`` of a late value, if its type says it; None if torch is to ask."""
    if not is_late(owner) or waits(name) or not name.is_python_constant():
        return None
    cls, wanted = type(owner.example), name.as_python_constant()
    if type(wanted) is not str or methods.flags_of(cls) & methods.HEAP_TYPE or cls.__dictoffset__:
        return None  # an instance may have attributes of its own
    owner.rely_on_type()
    return hasattr(owner.example, wanted)


def take_if_added_to(tx: Any, late: LateVariable, name: str) -> bool:
    """Have a late container that the method ``name`` only adds to tracked by what is added.

    Returns:
        Whether it is.
    """
    unread = _ADDED_TO.get(type(late.example))
    if unread is None or name not in unread.adding or is_built(late):
        return False
    if not unread.can_take(late.example):
        return False
    unread.take(tx, late)
    return True


def of_late(tx: Any, late: LateVariable, name: str) -> VariableTracker | None:
    """An attribute of a late value that does not take the value; None if there is none."""
    cls = type(late.example)
    if name in VIEWS and has_views(late):
        return ViewMethod(late, name)
    if has_search(late, name):
        return SearchOf(late, name)
    if cls in _ADDED_TO:
        take_if_added_to(tx, late, name)
        return None
    if has_method(cls, name):
        return MethodOfLate(late, name)
    if issubclass(cls, enum.Enum) and (found := _written_for(tx, late, name)) is not None:
        return found
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


def _written_for(tx: Any, member: LateVariable, name: str) -> VariableTracker | None:
    """A property or method that a program wrote for an enum, of a late member of it."""
    cls = type(member.example)
    if name.startswith("_") or not _is_looked_up_plainly(cls):
        return None
    held = methods.held_by(cls, name)
    source: Any = AttrSource(TypeSource(member.original_source()), name)
    if type(held) is property and type(held.fget) is types.FunctionType:
        member.rely_on_type()
        getter = VariableTracker.build(tx, held.fget, AttrSource(source, "fget"))
        return getter.call_function(tx, [member], {})
    if type(held) is not types.FunctionType or name in vars(member.example):
        return None
    member.asked.put(Question(f"{name!r} in vars(_)", functools.partial(_keeps, name)))
    VariableTracker.build(tx, held, source).realize()  # has the function guarded
    return bound_method(held, member, AttrSource(member.original_source(), name))


def _keeps(name: str, it: Any) -> bool:
    """Whether an object itself keeps something under ``name``."""
    return name in vars(it)


def _is_looked_up_plainly(cls: type) -> bool:
    """Whether attributes of instances are found as Python finds them, and those of the class."""
    own = type(methods.held_by(cls, "__getattribute__")) is types.WrapperDescriptorType
    return own and type(cls) is enum.EnumMeta
