"""Rows of tensors at an index that varies, among others: `cache[:, position] = keys`.

torch takes a number alone for a symbol, `cache[position]`, and fixes those in a tuple. Here such a
row is selected first, and the other indexes are of what that gives.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import SliceVariable, TupleVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits

__all__ = ["put_in_rows", "rows_of"]


class _Rows(NamedTuple):
    """What was selected of a tensor, and the index of what is meant of that."""

    selected: VariableTracker
    index: VariableTracker


def rows_of(tx: Any, tensor: Any, index: Any) -> VariableTracker | None:
    """``tensor[index]`` with numbers that vary in a tuple; None if torch is to read it."""
    rows = _selected(tx, tensor, index)
    return None if rows is None else _GET.call_function(tx, [*rows], {})


def put_in_rows(tx: Any, tensor: Any, index: Any, value: VariableTracker) -> bool:
    """Do ``tensor[index] = value`` of the same; False if torch is to do it."""
    rows = _selected(tx, tensor, index)
    if rows is not None:
        rows.selected.call_method(tx, "__setitem__", [rows.index, value], {})
    return rows is not None


_GET = BuiltinVariable(operator.getitem)


def _selected(tx: Any, tensor: Any, index: Any) -> _Rows | None:
    if waits(index) or type(index.unwrap()) is not TupleVariable:
        return None
    if waits(tensor) or type(tensor.realize()) is not TensorVariable:
        return None
    indexes = [item.realize() for item in index.unwrap().items]  # as torch needs them all
    dimensions = _dimensions(indexes, tensor.realize().ndim)
    if dimensions is None or not any(map(is_symbol, indexes)):
        return None
    rest: list[VariableTracker] = []
    for item, dimension in reversed([*zip(indexes, dimensions, strict=True)]):
        if is_symbol(item):
            at = [ConstantVariable.create(dimension), item]
            tensor = tensor.call_method(tx, "select", at, {})
        else:
            rest.insert(0, item)
    return _Rows(tensor, TupleVariable(rest) if rest else ConstantVariable.create(...))


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
    tensors = [at for at, item in enumerate(indexes) if type(item) is TensorVariable]
    if not tensors:
        return True
    numbers = [at for at, item in enumerate(indexes) if _is_number(item)]
    places = sorted({*tensors, *numbers})
    return len(tensors) == 1 and places == [*range(places[0], places[-1] + 1)]


def _is_constant(item: Any, value: Any) -> bool:
    return type(item) is ConstantVariable and item.value is value


def _is_number(item: Any) -> bool:
    if type(item) is ConstantVariable:
        return type(item.value) is int
    return is_symbol(item) and item.python_type() is int


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
