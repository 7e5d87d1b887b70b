"""Equal copies of a program and its arguments, one for each side."""

from __future__ import annotations

import copy
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["Call", "Program", "copied"]

#: The arguments of one call: positional ones and keyword ones.
Call = tuple[Sequence[Any], Mapping[str, Any]]
#: A callable and the calls to make.
Program = tuple[Callable[..., Any], Sequence[Call]]


def copied(program: Program, notes: list[str]) -> Program:
    """A deep copy of ``program``, in one go, so that what is shared in it is shared in the copy.

    A function made at run time gets copies of the variables it closes over; other functions and
    all modules stay themselves.

    Args:
        program: the callable and its calls.
        notes: gets a line for each piece that cannot be copied and is used as it is.
    """
    try:
        twin: Program = _copy(program, _fresh_memo())
        return twin
    except Exception as error:
        notes.append(f"not copied in one piece, so what its parts share is not shared: {error}")
    fn, calls = program
    return (
        _copy_or_keep("the callable", fn, notes),
        [
            (
                tuple(
                    _copy_or_keep(f"argument {place} of call {number}", value, notes)
                    for place, value in enumerate(args, 1)
                ),
                {
                    name: _copy_or_keep(f"argument {name} of call {number}", value, notes)
                    for name, value in kwargs.items()
                },
            )
            for number, (args, kwargs) in enumerate(calls, 1)
        ],
    )


def _copy_or_keep(what: str, value: Any, notes: list[str]) -> Any:
    try:
        return _copy(value, _fresh_memo())
    except Exception as error:
        notes.append(f"used as it is on both sides: {what}: {error}")
        return value


def _fresh_memo() -> dict[int, Any]:
    # `deepcopy` cannot copy Python modules; what it finds in its memo it takes for copied
    return {id(module): module for module in list(sys.modules.values())}


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    if type(value) is tuple:
        return tuple(_copy(item, memo) for item in value)
    if type(value) is types.FunctionType:
        return _copy_function(value, memo)
    return copy.deepcopy(value, memo)


def _copy_function(fn: types.FunctionType, memo: dict[int, Any]) -> Any:
    """A function with cells of its own; torch's are known to Dynamo by identity and are kept."""
    if fn.__closure__ is None or (fn.__module__ or "").partition(".")[0] == "torch":
        return fn
    if id(fn) in memo:
        return memo[id(fn)]
    cells = []
    unfilled = []
    for cell in fn.__closure__:
        if id(cell) not in memo:
            memo[id(cell)] = types.CellType()
            unfilled.append(cell)
        cells.append(memo[id(cell)])
    twin = types.FunctionType(
        fn.__code__, fn.__globals__, fn.__name__, fn.__defaults__, tuple(cells)
    )
    twin.__kwdefaults__ = fn.__kwdefaults__
    twin.__qualname__ = fn.__qualname__
    twin.__dict__.update(fn.__dict__)
    memo[id(fn)] = twin
    for cell in unfilled:
        try:
            content = cell.cell_contents
        except ValueError:  # a variable that is not set yet
            continue
        memo[id(cell)].cell_contents = _copy(content, memo)
    return twin
