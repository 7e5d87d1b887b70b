"""Classes that a program asks about: ``isinstance``, ``issubclass`` and ``callable``."""

from __future__ import annotations

import functools
import types
import typing
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.bases.tracing.classes.plain import LOOK_AT_TYPES, each_of, is_plain_class
from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.user_code import methods
from vartrack.extras.thrift.asking.operands import NOTHING, fixed, put, values_of
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.late_variable import is_late

__all__ = ["is_callable", "is_instance", "is_subclass"]


def is_instance(value: Any, cls: Any) -> bool | None:
    """What ``isinstance(value, cls)`` gives, guarded; None if that cannot be asked.

    Of a late value the type says it, of a late class whether that type is derived from it.
    """
    if is_late(cls):
        return _has_subclass(cls, value)
    if not waits(value):
        return None
    kind = value.type_at_hand
    of_python = kind.__module__ == "builtins"
    says_its_class = methods.held_by(kind, "__class__") is not object.__dict__["__class__"]
    classes = _classes(cls, () if says_its_class else LOOK_AT_TYPES)
    if classes is None:
        return None
    value.rely_on_type()  # on which the answer depends, whatever the value is
    return issubclass(kind, classes) if of_python else isinstance(value.example, classes)


def is_callable(value: Any) -> bool | None:
    """What ``callable(value)`` gives, guarded; None if that cannot be asked."""
    if not waits(value) or value.type_at_hand.__module__ != "builtins":
        return None
    value.rely_on_type()
    return has_on_class(value.type_at_hand, "__call__")


def _has_subclass(cls: Any, value: VariableTracker) -> bool | None:
    value = value.realize()
    if type(cls.example) not in (type, types.UnionType) or value.is_tensor():
        return None  # a metaclass, or torch, may say something else
    try:
        kind = value.python_type()
    except NotImplementedError:
        return None
    if methods.held_by(kind, "__class__") is not object.__dict__["__class__"]:
        return None
    answer = put(
        cls, Question(f"issubclass({kind!r}, _)", functools.partial(_is_derived, kind), kind)
    )
    return answer if isinstance(answer, bool) else None


def _is_of(classes: tuple[type, ...], cls: type) -> bool:
    return issubclass(cls, classes)


def _is_derived(kind: type, cls: Any) -> bool:
    """Whether ``kind`` is a subclass of a class, or of one of a union.

    Raises:
        TypeError: one of them may have a say of its own in it.
    """
    if not all(map(is_plain_class, each_of(cls))):
        raise TypeError(f"{cls!r} may say something else")
    return issubclass(kind, cls)


def is_subclass(cls: Any, of: VariableTracker) -> bool | None:
    """What ``issubclass(cls, of)`` gives for a late class, guarded; None if it cannot be asked."""
    classes = None if is_late(of) else _classes(of)
    if classes is None or not is_late(cls) or not isinstance(cls.example, type):
        return None
    question = Question(f"issubclass(_, {classes!r})", functools.partial(_is_of, classes), classes)
    answer = put(cls, question)
    return answer if isinstance(answer, bool) else None


def _classes(cls: VariableTracker, metaclasses: tuple[type, ...] = ()) -> tuple[type, ...] | None:
    """The classes that ``cls`` stands for, as long as none of them asks further.

    Args:
        cls: a class, a union, or a tuple of them.
        metaclasses: those that do not count as asking further.
    """
    known = fixed(cls)
    classes = (known,) if known is not NOTHING else values_of(cls) or _union_of(cls)
    if not classes:
        return None
    plain = all(type(each) in metaclasses or is_plain_class(each) for each in classes)
    return classes if plain else None


def _union_of(cls: VariableTracker) -> tuple[type, ...] | None:
    """The classes of ``int | str``, made while tracing."""
    union = cls.realize()
    if union.source is not None or not union.is_python_constant():
        return None
    known = union.as_python_constant()
    return each_of(known) if typing.get_origin(known) in (typing.Union, types.UnionType) else None
