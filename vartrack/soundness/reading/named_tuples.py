"""Named tuples whose class gives other items than are stored in them; up to torch 2.11.

There torch has a tracker for named tuples that asks the class for nothing that tuples have.
"""

from __future__ import annotations

import collections

from torch._dynamo.utils import is_namedtuple_cls

from vartrack.soundness.reading.lookups import find

__all__ = ["fields_of", "gives_stored", "unasked"]

_Any = collections.namedtuple("_Any", "a")
#: What a class has for a field of named tuples.
_FIELD = type(_Any.a)
_OF_TUPLES = (
    *("__getitem__", "__iter__", "__len__", "__contains__", "__hash__", "__add__", "__mul__"),
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
    return type(found[1]) is _FIELD or found == find(tuple, name)


def unasked(cls: type) -> tuple[str, ...]:
    """What torch does with named tuples of ``cls`` as if they had it of `tuple`."""
    return (*fields_of(cls), *_OF_TUPLES, *(("_replace",) if hasattr(cls, "_replace") else ()))
