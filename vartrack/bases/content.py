"""`content_key`: all that a value holds, as one hashable thing."""

from __future__ import annotations

import collections
import copyreg
import enum
import functools
import types
from collections.abc import Callable, Iterable
from typing import Any

import torch

from vartrack.core.guarding.keys import Identity
from vartrack.core.texts.articles import with_article
from vartrack.core.user_code.stored import Items, attributes, slots_of

__all__ = ["Content", "added", "cached_names", "content_key", "hidden"]

#: Types whose equal values are the same, as long as the type is told as well.
_ATOMS = frozenset(
    {int, bool, str, bytes, type(None), type(...), type(NotImplemented)}
    | {torch.dtype, torch.device, torch.layout, torch.memory_format}
)
#: What no account is given of, and is told by one attribute.
_TOLD_BY = {torch.finfo: "dtype", torch.iinfo: "dtype"}
#: Types whose values are known by who they are.
_INDIVIDUALS = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
)
_UNREADABLE = (torch.Tensor, torch.nn.Module, torch.Generator)
_SEQUENCES = frozenset({list, tuple, set, frozenset, collections.deque})
_MAPPINGS = frozenset({dict, collections.OrderedDict})
#: What the account of a container is made by.
_ACCOUNTS = ("__iter__", "items", "__reduce__", "__reduce_ex__")
_IN_C = (types.WrapperDescriptorType, types.MethodDescriptorType, type(None))


def content_key(value: Any) -> Content:
    """All that ``value`` holds, down to the last part, as something hashable.

    Two keys are equal only if no Python code could tell the contents apart: types count (``True``
    is not ``1``), and so do the sign of zero, the order of dicts and sets, and whether two parts
    are one object. NaN is equal to itself. Objects are read as ``pickle`` reads them, functions
    and classes stand for themselves. What a `functools.cached_property` has filled is left out.

    Args:
        value: anything but tensors, modules and what ``pickle`` refuses.

    Raises:
        TypeError: a part of it cannot be read.

    .. versionadded:: 0.1
    """
    return Content(_Reader().read(value))


class Content:
    """What a value holds: hashable, and equal to another only if that was read from the like.

    Args:
        parts: nested tuples of types and atoms.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Any) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and bool(self.parts == other.parts)

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"content {_brief(self.parts)}"


def _brief(parts: Any) -> str:
    """``parts`` without the types, which the atoms show for the most part."""
    if not isinstance(parts, tuple):
        return repr(parts)
    rest = parts[1:] if parts and isinstance(parts[0], type) else parts
    return _brief(rest[0]) if len(rest) == 1 else f"({', '.join(map(_brief, rest))})"


class _Plain:
    """What nothing but an instance dict looks like."""


def _is_plain(cls: type) -> bool:
    """Whether the instance dict is all that ``pickle`` would store; saves asking for it."""
    inherited = ("__reduce_ex__", "__reduce__", "__getstate__")
    return (
        all(getattr(cls, name, None) is getattr(object, name, None) for name in inherited)
        and cls.__basicsize__ == _Plain.__basicsize__
        and cls.__dictoffset__ == _Plain.__dictoffset__
        and not hasattr(cls, "__getnewargs_ex__")
        and not hasattr(cls, "__getnewargs__")
        and cls not in copyreg.dispatch_table
    )


@functools.lru_cache(maxsize=1000)
def cached_names(cls: type) -> frozenset[str]:
    """The names of the cached properties: they are filled while they are read."""
    properties = (functools.cached_property,)
    found = (
        name
        for base in cls.__mro__
        for name, held in vars(base).items()
        if isinstance(held, properties)
    )
    return frozenset(found)


class _Reader:
    """Reads one value; remembers the changeable parts it has met, so that cycles end."""

    __slots__ = ("met",)

    def __init__(self) -> None:
        # what is met is kept, so that no id is used again meanwhile
        self.met: dict[int, tuple[int, Any]] = {}

    def read(self, value: Any) -> Any:
        cls = type(value)
        if cls in _ATOMS:
            return (cls, value)
        if cls is float or cls is complex:
            return (cls, repr(value))
        if cls in _TOLD_BY:
            return (cls, getattr(value, _TOLD_BY[cls]))
        if isinstance(value, _INDIVIDUALS):
            return Identity(value)
        if isinstance(value, enum.Enum):
            return (cls, value._name_, self.read(value._value_))
        if isinstance(value, _UNREADABLE):
            raise TypeError(f"it holds {with_article(cls)}, whose content is not compared")
        if cls is not tuple and cls is not frozenset:
            again = self.met.get(id(value))
            if again is not None:
                return ("again", again[0])
            self.met[id(value)] = (len(self.met), value)
        return (cls, *self.parts(cls, value))

    def parts(self, cls: type, value: Any) -> Iterable[Any]:
        """What a value that holds others is made of, each read."""
        if cls in _SEQUENCES:
            return (getattr(value, "maxlen", None), *map(self.read, value))
        if cls in _MAPPINGS:
            return ((self.read(key), self.read(item)) for key, item in value.items())
        if _is_plain(cls):
            cached = cached_names(cls)  # type: ignore[arg-type]
            kept = ((name, item) for name, item in vars(value).items() if name not in cached)
            return ((name, self.read(item)) for name, item in kept)
        return (self.reduced(value),)

    def reduced(self, value: Any) -> Any:
        """An object's own account of itself, the one that pickle and copy go by."""
        reduce: Callable[[Any], Any] | None = copyreg.dispatch_table.get(type(value))
        account = value.__reduce_ex__(4) if reduce is None else reduce(value)
        if isinstance(account, str):
            return Identity(value)
        make, arguments, *rest = account
        state, items, pairs = (*rest, None, None, None)[:3]
        parts = (make, arguments, state or added(value), tuple(items or ()), tuple(pairs or ()))
        return tuple(map(self.read, (*parts, hidden(value))))


def hidden(value: Any) -> list[Any] | None:
    """What code in C finds in a container whose class gives an account of its own of it."""
    cls = type(value)
    if all(isinstance(getattr(cls, name, None), _IN_C) for name in _ACCOUNTS):
        return None
    return Items(value).held


def added(value: Any) -> dict[str, Any] | None:
    """The attributes that a subclass added to a type whose account of itself knows of none.

    Such as those of a ``class Day(date)``, which `pickle` and `copy` lose.
    """
    cls = type(value)
    accounts = ("__reduce__", "__reduce_ex__", "__deepcopy__")
    by = next(base for base in cls.__mro__ if any(name in vars(base) for name in accounts))
    if by is object or by.__dictoffset__:
        return None
    known = dict(slots_of(by))
    return {name: item for name, item in attributes(value).items() if name not in known} or None
