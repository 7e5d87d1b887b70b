"""Objects that torch takes for constants, and asks itself: what they read has no guards."""

from __future__ import annotations

import itertools
from enum import Enum
from types import FunctionType
from typing import Any

from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.utils._pytree import is_constant_class

from vartrack.compat.names import LAZY
from vartrack.soundness.reading.lookups import dict_of, mro_of

__all__ = ["asked_itself", "has_own_methods", "is_of_constants"]

#: Special methods that are not asked of an object that is there.
_MAKING = frozenset(
    {"__new__", "__init__", "__init_subclass__", "__class_getitem__", "__set_name__"}
)


def is_of_constants(cls: type) -> bool:
    """Whether it is the class of an enum, or under `torch.utils._pytree.register_constant`."""
    return issubclass(cls, Enum) or is_constant_class(cls)


def asked_itself(tracker: Any) -> UserDefinedObjectVariable | None:
    """The tracker of such an object, which is built if it is lazy; None if it is none."""
    if type(tracker) in LAZY and not tracker.is_realized():
        if not is_of_constants(type(tracker.original_value())):
            return None
        tracker = tracker.realize()
    built = tracker.unwrap()
    if not issubclass(type(built), UserDefinedObjectVariable):
        return None
    # by its type: a value of a user's type guards what it holds where it is asked for that
    if not is_of_constants(built.python_type()) or not built.is_python_constant():
        return None
    found: UserDefinedObjectVariable = built
    return found


def has_own_methods(cls: type) -> bool:
    """Whether the class of an enum, or another, has special methods that the program wrote."""
    own = itertools.takewhile(lambda base: base.__module__ != "enum", mro_of(cls))
    return any(
        name.startswith("__")
        and name not in _MAKING
        and type(held) is FunctionType
        and held.__module__ != "enum"  # what `Enum` itself puts into each class
        for base in own
        for name, held in dict_of(base).items()
    )
