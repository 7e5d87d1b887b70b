"""Named tuples whose class gives other items than are stored in them; up to torch 2.11.

There torch has a tracker for named tuples that asks the class for nothing that tuples have.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

from torch._dynamo.utils import is_namedtuple_cls

from vartrack.soundness.reading.lookups import find

__all__ = ["fields_of", "gives_stored", "unasked"]

_Any = collections.namedtuple("_Any", "a")
#: What a class has for a field of named tuples.
_FIELD = type(_Any.a)
_OF_TUPLES = (
    *(
        "__getattribute__",
        "__getitem__",
        "__iter__",
        "__len__",
        "__contains__",
        "__hash__",
        "__add__",
        "__mul__",
    ),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "index", "count"),
)


def fields_of(cls: type) -> tuple[str, ...]:
    """The fields of a class of tuples, if it is one of named tuples."""
    return getattr(cls, "_fields", ()) if is_namedtuple_cls(cls) else ()


def gives_stored(cls: type, name: str) -> bool:
    """Whether what a class of tuples has under ``name`` gives what is stored."""
    found = find(cls, name)
    if found is None:
        return False
    if name == "_replace":
        return getattr(found[1], "__code__", None) is _Any._replace.__code__
    if type(found[1]) is _FIELD:
        return _place_of(found[1]) == _place(fields_of(cls), name)
    return found == find(tuple, name)


def _place_of(field: Any) -> Any:
    """Which item what a class has for a field gives: fields of another place may stand there."""
    return field.__reduce__()[1][0]


def _place(fields: Sequence[str], name: str) -> int | None:
    return fields.index(name) if name in fields else None


def unasked(cls: type) -> tuple[str, ...]:
    """What torch does with named tuples of ``cls`` as if they had it of `tuple`."""
    return (*fields_of(cls), *_OF_TUPLES, *(("_replace",) if hasattr(cls, "_replace") else ()))
