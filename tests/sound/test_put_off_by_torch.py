"""What torch works out at every call, and guards nothing for, is compiled no more often on sound."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from thrift_values import THRIFT
from torch._dynamo.exc import TorchRuntimeError
from torch._dynamo.testing import CompileCounter

import vartrack

ONE = torch.ones(2)
TEXTS = ("a", "bc", "def")
INTS = (3, 14, -7)
FLOATS = (0.5, -3.75, 2.0)

USES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "text + text": (lambda x, value: (x + 1, value + "."), TEXTS),
    "text * number": (lambda x, value: (x + 1, value * 2), TEXTS),
    "length": (lambda x, value: (x + 1, len(value)), TEXTS),
    "compared texts": (lambda x, value: (x + 1, value == "bc"), TEXTS),
    "int + int": (lambda x, value: (x + 1, value + 1), INTS),
    "int - int": (lambda x, value: (x + 1, 10 - value), INTS),
    "several": (lambda x, value: (x + 1, (value + 1) * 2 - 3), INTS),
    "compared comparisons": (lambda x, value: (x + 1, (value > 3) * 2, (value > 3) < value), INTS),
    "abs": (lambda x, value: (x + 1, abs(value)), INTS),
    "max": (lambda x, value: (x + 1, max(value, 4)), INTS),
    "float * int": (lambda x, value: (x + 1, value * 2), FLOATS),
    "float + float": (lambda x, value: (x + 1, value + 1.0), FLOATS),
}


def _graphs(registry: Any, use: Any, values: tuple[Any, ...]) -> int:
    torch._dynamo.reset()
    counter = CompileCounter()
    with vartrack.use(registry):
        compiled = torch.compile(use, backend=counter)
        for value in values:
            try:
                found = compiled(ONE, value)
            except TorchRuntimeError:
                return sys.maxsize  # up to 2.14 it dies of one
            assert repr(found) == repr(use(ONE, value))
    return counter.frame_count


@pytest.mark.parametrize("use", USES)
def test_it_is_compiled_no_more_often_than_by_torch(use: str) -> None:
    alone = _graphs(None, *USES[use])
    assert _graphs(vartrack.sound, *USES[use]) <= alone
    assert _graphs(THRIFT, *USES[use]) <= alone
