"""What a class is, besides which object: the same for classes that one statement made twice."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from torch.fx.graph_module import _WrappedCall
from torch.utils import _pytree

from vartrack.core.guarding.keys import Identity

__all__ = ["Meaning", "Unlike", "is_local", "meaning"]

#: What the classes and functions on the way are known by, so that each is read once.
_Known = dict[int, int]


class Unlike(Exception):
    """The class means nothing that another could mean: it is known to somebody by identity."""


@dataclasses.dataclass(frozen=True)
class Meaning:
    """What a class is.

    Attributes:
        parts: equal to those of another class if the two mean the same.
        classes: the ids of the class itself, and of those in it that were made with it.
    """

    parts: Any
    classes: frozenset[int]


def meaning(cls: type) -> Meaning:
    """What ``cls`` is: its functions by their code, what they hold, its bases and its constants.

    What may change without the class is the same only if it is the same object.

    Raises:
        Unlike: something is registered for ``cls``, or its metaclass is one of a program's own.
    """
    known: _Known = {}
    parts = _class(cls, known)
    return Meaning(parts, frozenset(known))


def _part(value: Any, known: _Known) -> Any:
    read = _READ.get(type(value))
    if read is not None:
        return read(value, known)
    if isinstance(value, type) and (id(value) in known or is_local(value)):
        return _class(value, known)
    return Identity(value)


def is_local(cls: type) -> bool:
    """Whether ``cls`` was made in a function, by a statement that may run again."""
    return "<locals>" in cls.__qualname__


_METACLASSES = (type, type(enum.Enum))
#: Attributes of a class that are dicts, made by the statement and not changed after it.
_DICTS = frozenset({"__annotations__", "__dataclass_fields__", "_field_defaults", "__slots__"})


def _class(cls: type, known: _Known) -> Any:
    if id(cls) in known:
        return "class", known[id(cls)]
    if type(cls) not in _METACLASSES or _is_registered(cls):
        raise Unlike
    known[id(cls)] = len(known)
    attributes: Mapping[str, Any] = vars(cls)
    if issubclass(cls, enum.Enum):
        attributes = {
            name: value
            for name, value in attributes.items()
            if name not in cls.__members__ and not _is_made_by_enum(name, value)
        }
        members = tuple(
            (name, member._name_, _part(member._value_, known), _stored(member, known))
            for name, member in cls.__members__.items()
        )
    else:
        members = ()
    return (
        (cls.__module__, cls.__qualname__, cls.__flags__ & _FLAGS, cls.__basicsize__),
        tuple(_part(base, known) for base in cls.__bases__),
        tuple(
            (
                name,
                _items(value, known)
                if name in _DICTS and type(value) is dict
                else _part(value, known),
            )
            for name, value in attributes.items()
        ),
        members,
    )


#: All flags of a class but whether its version tag is valid, which says nothing.
_FLAGS = ~(1 << 19)
_OF_ENUM = frozenset(vars(enum.Enum("Sample", {"A": 1}))) - {"A", "__module__", "__qualname__"}


def _is_made_by_enum(name: str, value: Any) -> bool:
    """Whether the attribute follows from the members."""
    return name in _OF_ENUM and (
        not isinstance(value, types.FunctionType) or value.__module__ == "enum"
    )


def _stored(member: enum.Enum, known: _Known) -> Any:
    """What a member has of its own besides its name and value."""
    return tuple(
        (name, _part(value, known)) for name, value in vars(member).items() if name[:1] != "_"
    )


def _is_registered(cls: type) -> bool:
    """Whether something is known of the class by identity, which another would lack."""
    return cls in _pytree.SUPPORTED_NODES or _pytree.is_constant_class(cls)


def _items(held: Mapping[str, Any], known: _Known) -> Any:
    return tuple((name, _part(value, known)) for name, value in held.items())


def _function(function: Any, known: _Known) -> Any:
    if id(function) in known:
        return "function", known[id(function)]
    known[id(function)] = len(known)
    # what keeps the text of a dataclass from going round in circles holds nothing between calls
    cells = () if function.__code__ is _OF_DATACLASS else function.__closure__ or ()
    return (
        function.__code__,
        _globals(function.__globals__, known),
        _part(function.__defaults__, known),
        function.__kwdefaults__ and _items(function.__kwdefaults__, known),
        tuple(_part(cell, known) for cell in cells),
        _items(function.__dict__, known),
    )


def _globals(held: dict[str, Any], known: _Known) -> Any:
    """Those of a module by identity; of code that was made at run time all that is in them."""
    module = sys.modules.get(held.get("__name__", ""))
    if module is not None and vars(module) is held:
        return Identity(held)
    if id(held) in known:
        return "globals", known[id(held)]
    known[id(held)] = len(known)
    return tuple(
        (name, name if name == "__builtins__" and not value else _part(value, known))
        for name, value in held.items()
        if name != "__name__"
    )


def _cell(cell: Any, known: _Known) -> Any:
    try:
        return (_part(cell.cell_contents, known),)
    except ValueError:
        return ()  # empty


def _literal(value: Any, known: _Known) -> Any:
    return type(value), value


def _written(value: Any, known: _Known) -> Any:
    """A number of which some are equal that are not the same."""
    return type(value), repr(value)


def _by(*names: str) -> Callable[[Any, _Known], Any]:
    """What reads a value by its attributes."""

    def read(value: Any, known: _Known) -> Any:
        return type(value), *(_part(getattr(value, name), known) for name in names)

    return read


def _mapping(value: Any, known: _Known) -> Any:
    return Identity(value) if value else ()


@dataclasses.dataclass
class _Sample:
    """A dataclass, to see what is made for one."""


_Tuple = collections.namedtuple("_Tuple", "field")
_OF_DATACLASS = vars(_Sample)["__repr__"].__code__

#: What reads a value that a class may hold. All others are the same only as the same object.
_READ: dict[type, Callable[[Any, _Known], Any]] = {
    **dict.fromkeys((str, bytes, int, bool, type(None), types.CodeType), _literal),
    **dict.fromkeys((float, complex), _written),
    tuple: lambda value, known: (tuple, *(_part(item, known) for item in value)),
    types.FunctionType: _function,
    types.CellType: _cell,
    types.MappingProxyType: _mapping,
    property: _by("fget", "fset", "fdel"),
    staticmethod: _by("__func__"),
    classmethod: _by("__func__"),
    functools.cached_property: _by("func", "attrname"),
    **dict.fromkeys(
        (types.MemberDescriptorType, types.GetSetDescriptorType), _by("__name__", "__objclass__")
    ),
    dataclasses.Field: _by(*dataclasses.Field.__slots__),  # type: ignore[attr-defined]
    type(vars(_Sample)["__dataclass_params__"]): _by(
        *("init", "repr", "eq", "order", "unsafe_hash", "frozen")
    ),
    type(vars(_Tuple)["field"]): lambda value, known: value.__reduce__()[1],
    _WrappedCall: _by("cls", "cls_call"),
}
