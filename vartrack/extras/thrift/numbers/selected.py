"""Rows of tensors at an index that varies, among others: `cache[:, position] = keys`.

torch takes a number alone for a symbol, `cache[position]`, fixes those in a tuple, and dies of one
for an array. Here such a row is selected first, and the other indexes are of what that gives.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container
from typing import Any, NamedTuple

import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import SliceVariable, TupleVariable
from torch._dynamo.variables.tensor import NumpyNdarrayVariable, TensorVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.extras.thrift.numbers.in_tensors import holds_number, number_in

__all__ = ["put_in_rows", "rows_of"]


class _Rows(NamedTuple):
    """What was selected of a tensor, and what of that is meant, if not all."""

    selected: VariableTracker
    others: VariableTracker | None


def rows_of(tx: Any, tensor: Any, index: Any) -> VariableTracker | None:
    """``tensor[index]`` with numbers that vary; None if torch is to read it."""
    rows = _selected(tx, tensor, index, _SELECTING)
    if rows is None or rows.others is None:
        return None if rows is None else rows.selected
    return _GET.call_function(tx, [*rows], {})


def put_in_rows(tx: Any, tensor: Any, index: Any, value: VariableTracker) -> bool:
    """Do ``tensor[index] = value`` of the same; False if torch is to do it."""
    rows = _selected(tx, tensor, index, (TensorVariable,))
    if rows is not None:
        rows.selected.call_method(tx, "__setitem__", [rows.others or _ALL, value], {})
    return rows is not None


_GET = BuiltinVariable(operator.getitem)
_ALL = ConstantVariable.create(...)


def _select(tx: Any, tensor: Any, dimension: int, item: Any) -> VariableTracker:
    return tensor.call_method(tx, "select", [ConstantVariable.create(dimension), item], {})  # type: ignore[no-any-return]


def _select_of_array(tx: Any, array: Any, dimension: int, item: Any) -> VariableTracker:
    """The same of an array, which torch has a tensor for in the graph."""
    of = (array.as_proxy(), dimension, item.as_proxy())
    proxy = tx.output.create_proxy("call_function", torch.select, of, {})
    made: VariableTracker = NumpyNdarrayVariable.create(tx, proxy)
    return made


#: By the tracker of a tensor or array what selects a row.
_SELECTING: dict[type, Callable[..., VariableTracker]] = {
    TensorVariable: _select,
    NumpyNdarrayVariable: _select_of_array,
}


def _selected(tx: Any, tensor: Any, index: Any, of: Container[type]) -> _Rows | None:
    if waits(tensor):
        return None
    tensor = tensor.realize()
    indexes = _indexes(index, tensor) if type(tensor) in of else None
    if indexes is None:
        return None
    dimensions = _dimensions(indexes, tensor.ndim)
    if dimensions is None or not any(map(_varies, indexes)):
        return None
    select = _SELECTING[type(tensor)]
    rest: list[VariableTracker] = []
    for item, dimension in reversed([*zip(indexes, dimensions, strict=True)]):
        if _varies(item):
            number = item if is_symbol(item) else number_in(tx, item)
            tensor = select(tx, tensor, dimension, number)
        else:
            rest.insert(0, item)
    return _Rows(tensor, TupleVariable(rest) if rest else None)


def _indexes(index: Any, tensor: Any) -> list[Any] | None:
    """What a tensor is indexed with; None if that is a number alone, or waits, as for torch."""
    is_tensor = type(tensor) is TensorVariable
    if is_tensor and waits(index):
        return None
    index = index.realize()  # as torch does
    if type(index) is TupleVariable:
        return [item.realize() for item in index.items]
    return None if is_tensor and is_symbol(index) else [index]


def _varies(item: Any) -> bool:
    return is_symbol(item) or holds_number(item)


def _dimensions(indexes: list[Any], count: int | None) -> list[int] | None:
    """The first dimension that each index is of; None if selecting a row first moves another.

    None among them is of no dimension, and a mask of as many as it has itself.
    """
    dots = [at for at, item in enumerate(indexes) if _is_constant(item, ...)]
    taken = [_taken(item) for item in indexes]
    of_each = [each for each in taken if each is not None]
    if count is None or len(dots) > 1 or None in taken or not _are_together(indexes):
        return None
    left = count - sum(of_each)
    if left < 0:
        return None  # which torch refuses
    if dots:
        of_each[dots[0]] = left
    return [sum(of_each[:at]) for at in range(len(indexes))]


def _are_together(indexes: list[Any]) -> bool:
    """Whether there is no tensor among them, or only one with the numbers right beside it.

    Else the dimensions of the tensor come first in the result, and there is no number among them.
    """
    numbers = [at for at, item in enumerate(indexes) if _is_number(item)]
    tensors = [
        at for at, item in enumerate(indexes) if type(item) is TensorVariable and at not in numbers
    ]
    if not tensors:
        return True
    places = sorted({*tensors, *numbers})
    return len(tensors) == 1 and places == [*range(places[0], places[-1] + 1)]


def _is_constant(item: Any, value: Any) -> bool:
    return type(item) is ConstantVariable and item.value is value


def _is_number(item: Any) -> bool:
    if type(item) is ConstantVariable:
        return type(item.value) is int
    return holds_number(item) or (is_symbol(item) and item.python_type() is int)


def _taken(item: Any) -> int | None:
    """Of how many dimensions an index is, of which the dots take what is left; None if unknown."""
    if _is_constant(item, None) or _is_constant(item, ...):
        return 0
    if _is_number(item) or type(item) is SliceVariable:
        return 1
    if type(item) is not TensorVariable or item.dtype is None or not item.ndim:
        return None
    return item.ndim if item.dtype in _MASKS else 1


_MASKS = (torch.bool, torch.uint8)
