"""Every operator of numbers that change between calls: Python's answer, or torch's at the least."""

from __future__ import annotations

from typing import Any

import pytest
from beside_torch import outcome
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

INTS = (3, 14, -7, 0, 25)
FLOATS = (0.5, -3.7, 0.0, 104.25, float("inf"))

#: What is worked out of a number ``n``; ``x`` is a tensor.
OF_INTS = (
    *("round(n, -1)", "round(n * 5, -2)", "round(n, 1)", "x * round(n, -1)", "n.__round__(-1)"),
    *("n**-1", "2**-n", "1 / n", "-7 // n", "7 % n", "n / n", "n // n", "n % n", "divmod(7, n)"),
    *(
        "1j * n",
        "n + 2j",
        "n - 1j",
        "n == 3 + 0j",
        "min(n, 2.5)",
        "max(2.5, n, 1)",
        "max([n, 2.5])",
    ),
    *(
        "min(True, n)",
        "max(n, n / 2)",
        "max([n, 'a'])",
        "min(n, None)",
        "format(n, '>4')",
        "format(n, '04')",
        "f'{n:x}'",
    ),
    *(
        "'%5.2f' % n",
        "'%e|%d' % (n, n)",
        "'%x' % n",
        "'%s %x' % ('of', n)",
        "'%d' % n",
        "'%r' % n",
        "~n",
    ),
)
OF_FLOATS = (
    *("round(n, -1)", "round(n, 2)", "n**-1", "1 / n", "7 // n", "7.5 % n", "divmod(n, 2)"),
    *("1j * n", "n + 2j", "min(n, 1)", "max(1, n)", "max([n, 2, True])", "format(n, '.3e')"),
    *("'%5.2f|%s' % (n, n)", "'%d' % n", "f'{n:>9.1f}'", "n**0.5", "n**-2", "n.__round__(1)"),
)


def _used(text: str) -> Any:
    scope: dict[str, Any] = {}
    lines = (
        f"try:\n  return x + 1, {text}\n except Exception as error:\n  return type(error).__name__"
    )
    exec(f"def use(x, n):\n {lines}", scope)
    return scope["use"]


@pytest.mark.parametrize(
    ("text", "values"),
    [*((text, INTS) for text in OF_INTS), *((text, FLOATS) for text in OF_FLOATS)],
    ids=[*(f"int {text}" for text in OF_INTS), *(f"float {text}" for text in OF_FLOATS)],
)
def test_the_answer_is_that_of_python(text: str, values: tuple[Any, ...]) -> None:
    use = _used(text)
    with config.patch(recompile_limit=20):
        for registry in (SOUND, vartrack.sound):
            assert outcome(registry, use, lambda: values, "attribute").status == "right", (
                registry.name
            )
        alone = outcome(None, use, lambda: values, "attribute")
        found = outcome(THRIFT, use, lambda: values, "attribute")
    assert found.rank <= alone.rank, found
