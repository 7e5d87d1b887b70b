"""Numbers that code in C computes of a value alone: each is guarded where it is computed.

The rest of the value may change, and the number may become a symbol, as if it was stored.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource, CallFunctionNoArgsSource, GetItemSource
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.contents.stored_attributes import hides_more
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

__all__ = ["item_at", "number_of"]

_IN_C = (types.WrapperDescriptorType, types.MethodDescriptorType)
#: The methods that Python calls for a number, and that only read, whatever the type.
_CONVERSIONS = frozenset({"__float__", "__index__", "__int__", "__len__"})
_NUMBERS = (int, float)
_KEYS = (int, str)


def number_of(tracker: FoldedVariable, tx: Any, name: str) -> VariableTracker | None:
    """The number that the method ``name`` gives; None if it must be evaluated under the key.

    The method is called at every call of the compiled function: one that Python calls for a
    number, or that the visitor lists in `places`.
    """
    content = tracker.content
    if content is None or not (name in _CONVERSIONS or name in content.visitor.places):
        return None
    place = CallFunctionNoArgsSource(AttrSource(tracker.source, name))
    return _number(tracker, tx, name, place, lambda value: getattr(value, name)())


def item_at(tracker: FoldedVariable, tx: Any, key: VariableTracker) -> VariableTracker | None:
    """The number that the value has at ``key``, a number or text; None if it must be evaluated.

    The visitor says that items are read without harm by listing ``__getitem__`` in `places`; those
    of a tuple are.
    """
    content = tracker.content
    if content is None:
        return None
    of_tuple = tracker.of_class("__getitem__") is tuple.__getitem__
    if not of_tuple and "__getitem__" not in content.visitor.places:
        return None
    if not key.is_python_constant():
        return None
    index = key.as_python_constant()
    if type(index) not in _KEYS:
        return None
    place = GetItemSource(tracker.source, index)
    return _number(tracker, tx, "__getitem__", place, lambda value: value[index])


def _number(
    tracker: FoldedVariable, tx: Any, name: str, place: Source, read: Callable[[Any], Any]
) -> VariableTracker | None:
    in_c = isinstance(tracker.of_class(name), _IN_C)
    if not in_c or name in tracker.impure or is_exporting(tx) or tracker.is_changed(tx):
        return None
    try:
        number = read(tracker.example)
    except Exception:
        return None  # that it fails depends on the content, whose key is asked for then
    if type(number) not in _NUMBERS or hides_more(number):
        return None
    tracker.guard_state()
    return VariableTracker.build(tx, number, place)
