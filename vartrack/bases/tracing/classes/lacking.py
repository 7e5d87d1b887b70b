"""What a type lacks: a use of it raises, whatever the value holds, and nothing of that counts."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c

__all__ = ["lacks", "lacks_attribute", "raising", "refused_by_type"]

#: What Python asks instead of a method that a type lacks.
_INSTEAD: dict[str, tuple[str, ...]] = {
    "__ceil__": ("__float__", "__index__"),
    "__complex__": ("__float__", "__index__"),
    "__contains__": ("__iter__", "__getitem__"),
    "__float__": ("__index__",),
    "__floor__": ("__float__", "__index__"),
    "__int__": ("__index__", "__trunc__"),
    "__iter__": ("__getitem__",),
    "__reversed__": ("__len__", "__getitem__"),
}
#: What Python calls a method by, which raises in its own words if a type lacks that.
_CALLED_BY: dict[str, Callable[[Any], Any]] = {
    "__abs__": abs,
    "__ceil__": math.ceil,
    "__contains__": lambda value: None in value,
    "__floor__": math.floor,
    "__getitem__": operator.itemgetter(0),
    "__index__": operator.index,
    "__invert__": operator.invert,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__round__": round,
    "__trunc__": math.trunc,
}
#: How an attribute of a class answers to being set or deleted.
_HOOKS = {"__setattr__": ("__set__", "fset"), "__delattr__": ("__delete__", "fdel")}
_OF_ITEMS: dict[str, Callable[[Any], Any]] = {
    "__setitem__": lambda value: operator.setitem(value, 0, None),
    "__delitem__": lambda value: operator.delitem(value, 0),
}


def lacks(cls: type, method: str) -> bool:
    """Whether ``cls`` has neither a method that Python calls by itself nor one in its place."""
    if not (method.startswith("__") and method.endswith("__")):
        return False
    return all(on_class(cls, name) is None for name in (method, *_INSTEAD.get(method, ())))


def raising(method: str) -> Callable[[Any], Any]:
    """What raises the error of a value whose type lacks ``method``, if that is used."""
    return _CALLED_BY.get(method) or operator.attrgetter(method)


def lacks_attribute(cls: type, name: str) -> bool:
    """Whether no instance of ``cls`` can have the attribute."""
    if cls.__dictoffset__ or not reads_in_c(cls) or on_class(cls, "__getattr__") is not None:
        return False
    return on_class(cls, name) is None


def refused_by_type(cls: type, change: str, name: Any) -> Callable[[Any], Any] | None:
    """What raises the error that a change of any ``cls`` raises; None if it may be changed.

    Args:
        cls: the type.
        change: the method that would change a value of it, such as ``__setattr__``.
        name: the attribute that is set or deleted; None if it is not known.
    """
    if change in _OF_ITEMS:
        return _OF_ITEMS[change] if on_class(cls, change) is None else None
    if not isinstance(name, str) or on_class(cls, change) is not vars(object)[change]:
        return None
    found = on_class(cls, name)
    hook, function = _HOOKS[change]
    if type(found) is property:
        raises = getattr(found, function) is None
    else:
        raises = not cls.__dictoffset__ and not hasattr(type(found), hook)
    if not raises:
        return None
    operands = (name, None) if change == "__setattr__" else (name,)
    return lambda value: vars(object)[change](value, *operands)
