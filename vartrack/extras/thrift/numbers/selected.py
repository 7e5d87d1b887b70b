"""Rows of tensors at an index that varies, among others: `cache[:, position] = keys`.

torch takes a number alone for a symbol, `cache[position]`, and fixes those in a tuple. Here such a
row is selected first, and the other indexes are of what that gives.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

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
    """The dimension that each index is of; None if one of them may be of several, or of none."""
    dots = [at for at, item in enumerate(indexes) if _is_dots(item)]
    if count is None or len(dots) > 1 or not all(map(_is_of_one, indexes)):
        return None
    if len(indexes) - len(dots) > count:
        return None  # which torch refuses
    before = dots[0] if dots else len(indexes)
    return [at if at <= before else count - len(indexes) + at for at in range(len(indexes))]


def _is_dots(item: Any) -> bool:
    return type(item) is ConstantVariable and item.value is ...


def _is_of_one(item: Any) -> bool:
    """Whether it is a number, a slice or the dots, and no mask or list of numbers."""
    is_number = is_symbol(item) and item.python_type() is int
    is_known = type(item) is ConstantVariable and (type(item.value) is int or item.value is ...)
    return is_number or is_known or type(item) is SliceVariable
