"""Classes that say by the type of a value alone whether it is an instance."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.variables.base import VariableTracker

__all__ = ["LOOK_AT_TYPES", "are_plain", "each_of", "is_plain_class"]

#: Metaclasses of torch that take nothing for an instance but tensors.
LOOK_AT_TYPES = (type(torch.nn.Parameter), type(torch.nn.Buffer))


def is_plain_class(cls: Any) -> bool:
    """Whether ``cls`` is a class whose metaclass asks no further."""
    return (
        isinstance(cls, type)
        and type(cls).__instancecheck__ is type.__instancecheck__
        and type(cls).__subclasscheck__ is type.__subclasscheck__
    )


def are_plain(cls: VariableTracker) -> bool:
    """Whether ``cls`` is a class, or a tuple of them, none of which asks further."""
    try:
        known = cls.realize().as_python_constant()
    except NotImplementedError:
        return False
    return all(type(each) in LOOK_AT_TYPES or is_plain_class(each) for each in each_of(known))


def each_of(known: Any) -> tuple[Any, ...]:
    """The classes that ``known`` is made of: a union, a tuple, or a class itself."""
    if isinstance(known, (tuple, type)):  # a class may have a slot of that name
        return known if isinstance(known, tuple) else (known,)
    return getattr(known, "__args__", (known,))  # type: ignore[no-any-return]
