"""What a value looks like: plain data that says all that the value holds, and nothing of addresses."""

from __future__ import annotations

import copy
import datetime
import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from logging import Logger
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any
from unittest.mock import NonCallableMock

import numpy as np
import torch

__all__ = ["look"]

_DEEPEST = 7
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+|0x[0-9a-fA-F]{6,}|random_program_\d+\.?|__main__\.")
#: Containers, and how they are read past any method of a subclass.
_SEQUENCES = (list, tuple, deque)
_SETS = (set, frozenset)
_ITERATORS = frozenset(map(type, (iter([]), iter(()), iter(range(0)), reversed([]))))
#: Objects of these types are the same if they look the same.
_BY_VALUE: tuple[type, ...] = (
    *(tuple, frozenset, range, slice, Enum, datetime.date, Decimal, Fraction, PurePath, re.Pattern),
    *(FunctionType, BuiltinFunctionType, MethodType, np.generic, np.dtype),
    *(torch.dtype, torch.device, torch.layout, torch.finfo, torch.iinfo),
)
#: Attributes of modules that say nothing.
_OF_MODULES = ("_hooks", "_pre_hooks", "_kwargs", "_called", "_version", "_impl", "_set", "_id")


def look(value: Any) -> Any:
    """What ``value`` looks like; mutable objects that occur again are told by their number."""
    return _look(value, {}, 0)


def _look(value: Any, seen: dict[int, int], depth: int) -> Any:
    cls = type(value)
    if cls in (int, float, bool, str, bytes, complex, type(None)):
        return cls.__name__, _text(repr(value)) if cls is str else repr(value)
    if cls is torch.SymInt:
        return _size(value)
    if _is(value, type):
        return "class", value.__name__
    if depth > _DEEPEST:
        return cls.__name__
    if not _is(value, *_BY_VALUE) and not _is_number(value):
        if id(value) in seen:
            return "again", seen[id(value)]
        seen[id(value)] = len(seen)
    # torch's numbers of NumPy are arrays without dimensions
    name = "ndarray" if _is(value, np.generic) else cls.__name__
    return (name, *_parts(value, seen, depth + 1))


def _parts(value: Any, seen: dict[int, int], depth: int) -> Iterator[Any]:
    if _is(value, torch.Tensor):
        yield from _of_tensor(value)
        return
    if _is(value, np.ndarray, np.generic):
        yield value.dtype.name, value.shape, repr(value.tolist())
        return
    if _is(value, FunctionType, BuiltinFunctionType, MethodType, ModuleType, Logger):
        yield getattr(value, "__name__", "")
        return
    if _is(value, NonCallableMock):
        return  # to look at it makes more of it
    if type(value).__module__.startswith("torch.") and not _is(value, torch.nn.Module):
        return  # torch's own objects keep notes
    known = False
    if _is(value, dict):
        known = True
        kind = OrderedDict if _is(value, OrderedDict) else dict
        for key, item in list(kind.items(value)):
            yield _look(key, seen, depth), _look(item, seen, depth)
    for kind in (*_SEQUENCES, *_SETS):
        if _is(value, kind):
            known = True
            items: Any = [_look(item, seen, depth) for item in kind.__iter__(value)]
            yield sorted(items, key=repr) if kind in _SETS else items
            if kind is deque:
                yield value.maxlen
    if type(value) in _ITERATORS:
        yield [_look(item, seen, depth) for item in copy.copy(value)]
        return
    names = _attributes(value)
    if names or known:
        yield [(name, _look(held, seen, depth)) for name, held in names]
    elif type(value).__repr__ is not object.__repr__:
        yield _text(repr(value))


def _is(value: Any, *kinds: type) -> bool:
    """Whether it is of one of ``kinds``, whatever it says that its class is."""
    return any(kind in type(value).__mro__ for kind in kinds)


def _is_number(value: Any) -> bool:
    return _is(value, np.ndarray) and not value.shape


def _attributes(value: Any) -> list[tuple[str, Any]]:
    try:
        found = dict(object.__getattribute__(value, "__dict__"))
    except (AttributeError, TypeError):
        found = {}
    for cls in type(value).__mro__:
        for name in vars(cls).get("__slots__", ()):
            try:
                found[name] = vars(cls)[name].__get__(value)
            except (AttributeError, KeyError, TypeError):
                continue
    if _is(value, torch.nn.Module):
        found = {name: held for name, held in found.items() if not name.endswith(_OF_MODULES)}
    return [(str(name), held) for name, held in found.items()]


def _of_tensor(value: torch.Tensor) -> Iterator[Any]:
    yield str(value.dtype), tuple(map(_size, value.shape)), value.requires_grad
    try:
        yield repr(value.detach().tolist())
    except (RuntimeError, NotImplementedError, TypeError):
        yield "no numbers"


def _size(size: Any) -> Any:
    """A size; one that nested tensors have for their rows is counted by the process."""
    return "rows" if type(size) is torch.SymInt and size.node.is_nested_int() else size


def _text(text: str) -> str:
    return _ADDRESS.sub("", text)
