"""Texts of a `DynamicInt`, which is written as such, and is an int to torch; of symbolic bools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs
from rows import prelude
from torch._dynamo.exc import Unsupported
from torch.fx.experimental.sym_node import DynamicInt

import vartrack

ONE = torch.ones(2)
TEXTS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "in a list": lambda n: repr([n]),
    "of a sum": lambda n: f"{n + 1}",
    "formatted": lambda n: f"{n}",
    "as repr": lambda n: f"{n!r}",
    "by its method": lambda n: n.__repr__(),
    "with a type": lambda n: f"{n:d}",
}


@pytest.mark.first_answer
@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("name", TEXTS)
def test_it_is_no_text_of_an_int(name: str) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, n: (x + 1, TEXTS[name](n)))
        yield lambda: f(ONE, DynamicInt(3))
        yield lambda: f(ONE, DynamicInt(4))

    both_runs(plan, refuses=True)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("text", [repr, str, lambda value: repr([value])])
def test_a_symbolic_bool_is_refused_as_by_torch(text: Callable[[Any], str]) -> None:
    """Its value can have no guard: torch would find that it fails at once."""
    for registry in (None, vartrack.sound):
        torch._dynamo.reset()
        with vartrack.use(registry), pytest.raises(Unsupported):
            compiled = torch.compile(lambda x, v: (x + 1, text(v)), backend="eager", fullgraph=True)
            compiled(ONE, prelude()["make_symbool"]())
