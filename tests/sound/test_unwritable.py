"""Attributes that C keeps: writing or deleting one raises where the program writes it."""

from __future__ import annotations

import collections
import datetime
import decimal

import pytest
import torch

import vartrack

pytestmark = pytest.mark.first_answer


class Plain: ...


class Day(datetime.date): ...


class Whole(int): ...


class Recent(collections.deque): ...


class Failed(ValueError): ...


MAKES = {
    "object": Plain,
    "day": lambda: Day(2020, 1, 1),
    "date": lambda: datetime.date(2020, 1, 1),
    "decimal": lambda: decimal.Decimal(1),
    "int": lambda: Whole(3),
    "deque": lambda: Recent([1], 3),
    "error": lambda: Failed("no"),
    "class": lambda: Plain,
    "function": lambda: lambda: None,
    "tensor": lambda: torch.ones(2),
}
REFUSED = [
    ("object", "__weakref__", 1),
    ("object", "__dict__", 1),
    ("day", "year", 1),
    ("date", "year", 1),
    ("decimal", "real", 1),
    ("int", "real", 1),
    ("deque", "maxlen", 1),
    ("error", "args", 1),
    ("error", "__cause__", 1),
    ("error", "__traceback__", "x"),
    ("class", "__name__", 1),
    ("class", "__mro__", ()),
    ("function", "__code__", 1),
    ("function", "__name__", 1),
    ("tensor", "grad", 1),
]
TAKEN = [
    ("object", "note", 1),
    ("day", "note", 1),
    ("error", "args", ("yes",)),
    ("error", "__cause__", None),
    ("deque", "note", 2),
]


def _set(x, held, name, value):
    try:
        setattr(held, name, value)
    except (AttributeError, TypeError) as error:
        return x * 3, type(error).__name__
    return x * 2, repr(getattr(held, name))


def _delete(x, held, name, value):
    try:
        delattr(held, name)
    except (AttributeError, TypeError) as error:
        return x * 3, type(error).__name__
    return x * 2, "deleted"


@pytest.mark.parametrize(
    ("function", "kind", "name", "value"),
    [(_set, *case) for case in REFUSED + TAKEN]
    + [
        (_delete, *case)
        for case in REFUSED
        if case[0] not in ("class", "function", "tensor") and case[1] != "__dict__"
    ],
)
def test_the_program_gets_what_python_raises(function, kind, name, value) -> None:
    """Also where it is caught: torch raises it after the function, past every `try`."""
    x = torch.ones(2)
    expected = function(x, MAKES[kind](), name, value)
    with vartrack.use(vartrack.sound):
        torch._dynamo.reset()
        # older releases write no attribute of a class or function while tracing
        compiled = torch.compile(
            function, backend="eager", fullgraph=kind not in ("class", "function")
        )
        for _ in range(2):
            result = compiled(x, MAKES[kind](), name, value)
            assert torch.equal(result[0], expected[0])
            assert result[1] == expected[1]
