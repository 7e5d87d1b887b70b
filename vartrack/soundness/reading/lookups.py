"""How Python finds a name on a class, without running any code of the class."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from vartrack.core.user_code.methods import can_change
from vartrack.soundness.reading.packages import is_of_user

__all__ = [
    "SPECIAL",
    "asked_of_metaclass",
    "can_change",
    "can_pretend",
    "dict_of",
    "find",
    "has_of_user",
    "is_data",
    "mro_of",
]

_OF_TWO = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow"),
    *("lshift", "rshift", "and", "or", "xor"),
)
#: What torch may have Python ask of a value itself, where it is given that.
SPECIAL = tuple(
    f"__{name}__"
    for name in (
        *("str", "repr", "format", "bytes", "hash", "bool", "len", "length_hint"),
        *("eq", "ne", "lt", "le", "gt", "ge", "int", "float", "index", "complex"),
        *("round", "trunc", "floor", "ceil", "abs", "neg", "pos", "invert"),
        *("iter", "next", "getitem", "contains", "reversed"),
        *(f"{way}{name}" for name in _OF_TWO for way in ("", "r", "i")),
    )
)

# what a class says of itself, past its metaclass
mro_of = type.__dict__["__mro__"].__get__
dict_of = type.__dict__["__dict__"].__get__


def find(cls: type, name: str, after: type | None = None) -> tuple[type, Any] | None:
    """The class in whose ``__dict__`` Python finds ``name``, and what is there.

    Args:
        cls: the class that it is looked up on.
        name: the name.
        after: where ``super()`` begins: behind this class.
    """
    mro = mro_of(cls)
    if after is not None:
        mro = mro[mro.index(after) + 1 :] if after in mro else ()
    for base in mro:
        namespace = dict_of(base)
        if name in namespace:
            return base, namespace[name]
    return None


def has_of_user(cls: type, *names: str) -> bool:
    """Whether what ``cls`` has under one of ``names`` is a function of the user's own."""
    found = (find(cls, name) for name in names)
    return any(one is not None and is_of_user(one[1]) for one in found)


def asked_of_metaclass(cls: type, name: str) -> str | None:
    """What a metaclass of the program's has that Python asks for ``cls.name``; None if nothing."""
    metaclass = type(cls)
    if has_of_user(metaclass, "__getattribute__"):
        return "__getattribute__"
    if not can_change(metaclass):
        return None
    of_metaclass = find(metaclass, name)
    if of_metaclass is not None:
        goes_first = hasattr(type(of_metaclass[1]), "__set__") and can_change(of_metaclass[0])
        return name if goes_first else None
    lacks = find(cls, name) is None
    return "__getattr__" if lacks and has_of_user(metaclass, "__getattr__") else None


def is_data(value: Any) -> bool:
    """Whether ``value`` is given by a class as it is, and does nothing when it is read."""
    return find(type(value), "__get__") is None


def can_pretend(cls: type) -> bool:
    """Whether code of the user's says what the class of a ``cls`` is, which `isinstance` asks."""
    said, read = find(cls, "__class__"), find(cls, "__getattribute__")
    if said is not None and said[0] is not object:
        return True
    return read is not None and type(read[1]) is FunctionType
