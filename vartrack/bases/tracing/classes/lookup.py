"""What a class and its bases have under a name, as Python looks it up for instances."""

from __future__ import annotations

import types
from typing import Any

__all__ = [
    "IN_C",
    "has_on_class",
    "is_by_identity",
    "is_of_cython",
    "on_class",
    "reads_in_c",
]

#: The type of the methods that Cython makes: each version of it has one, of no module that stays.
_CYTHON = "cython_function_or_method"

#: What a class in C has under the names of its methods and fields.
IN_C = (
    types.BuiltinFunctionType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)


def on_class(cls: type, name: str, default: Any = None) -> Any:
    """What stands under ``name`` in ``cls`` or a base of it, unbound; ``default`` if nothing does.

    Other than `inspect.getattr_static` it leaves the metaclass aside, which instances have nothing
    of: ``__dict__`` is no attribute of an object with slots.
    """
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), default)


def has_on_class(cls: type, name: str) -> bool:
    """Whether instances of ``cls`` have ``name`` of their class, be it None.

    `hasattr` of the class also says what the metaclass has: all classes can be called.
    """
    return any(name in vars(base) for base in cls.__mro__)


def is_by_identity(cls: type, method: str) -> bool:
    """Whether ``cls`` leaves ``method``, such as ``__eq__``, to `object`."""
    if method == "__ne__" and not is_by_identity(cls, "__eq__"):
        return False  # that of `object` asks __eq__
    return getattr(cls, method, None) is getattr(object, method)


def is_of_cython(static: Any) -> bool:
    """Whether it is a method of a class that Cython has made, which a class has for all values."""
    return type(static).__name__ == _CYTHON


def reads_in_c(cls: type) -> bool:
    """Whether no code in Python stands before the attributes that instances store.

    Types in C have a ``__getattribute__`` each, which does the same as that of `object`.
    """
    return isinstance(cls.__getattribute__, types.WrapperDescriptorType)
