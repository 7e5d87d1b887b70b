"""Special methods of numbers and texts that are called by their names, of values or of types."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from beside_torch import outcome
from facts import both_runs
from thrift_values import SOUND, THRIFT

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2)
INTS = (3, 14, -7, 0)
FLOATS = (0.5, -3.75, 2.0)

BINARY = ("add", "floordiv", "lt", "eq", "rsub")
OTHERS = ("2", "2.5", "True", "'a'")
USES = [
    *(f"n.__{name}__({other})" for name, other in itertools.product(BINARY, OTHERS)),
    *(f"int.__{name}__(n, 4)" for name in BINARY),
    *(f"int.__{name}__(4, n)" for name in BINARY),
    *(f"float.__{name}__(n, 4)" for name in BINARY),
    *(f"float.__{name}__(4.5, n)" for name in BINARY),
    *("int.__and__(n, 2)", "n.__divmod__(2.5)", "int.__xor__(n, 3)", "int.__add__(n)"),
    *("list(map(int.__neg__, [n, 1]))", "float.is_integer(n)", "int.bit_length(n)"),
    *("str.__add__('a', 'b')", "str.__eq__('a', 'b')", "bytes.__mul__(b'a', 2)", "n < True"),
    *("n.__hash__()", "True // n", "max(n, True)", "n.__setattr__('a', 1)", "[*range(n)]"),
]


def _used(text: str) -> Any:
    scope: dict[str, Any] = {}
    lines = (
        "def use(x, n):\n try:\n  found = " + text,
        "  if found is NotImplemented:\n   return x - 1",
        " except (TypeError, AttributeError, ZeroDivisionError) as error:",
        "  return x * 3, type(error).__name__, str(error)",
        " return x + 1, found",
    )
    exec("\n".join(lines), scope)
    return scope["use"]


@pytest.mark.parametrize("numbers", [INTS, FLOATS], ids=["ints", "floats"])
@pytest.mark.parametrize("text", USES)
def test_the_answer_is_that_of_python(text: str, numbers: Any) -> None:
    use = _used(text)

    def plan(wrap):
        f = wrap(use)
        for number in numbers:
            yield lambda number=number: f(ONE, number)

    both_runs(plan)


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound with thrift"])
@pytest.mark.parametrize("text", USES)
def test_it_is_of_numbers_that_wait(text: str, registry: Any) -> None:
    """Those that an object holds, which are not built before something depends on them."""
    use = _used(text)
    found = outcome(registry, use, lambda: (*INTS, *FLOATS), "attribute", fullgraph=False)
    assert found.status == "right", found
