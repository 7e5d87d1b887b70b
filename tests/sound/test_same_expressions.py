"""Floats are rounded at each step: what algebra makes one number may be two."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from facts import both_runs

import vartrack

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2, dtype=torch.float64)
NUMBERS = (1.5, 2.5, 0.7, -0.0, 1e17, -3.3, math.inf, 1e-300)

GIVEN: dict[str, Any] = {
    "zero added": lambda x, n: (x + 1, n + 0, sum([n]), n - (-0.0)),
    "taken away again": lambda x, n: (x + 1, n + 1e16 - 1e16, n - n + n),
    "in the graph": lambda x, n: x * (n + 1e16 - 1e16),
    "beside the number": lambda x, n: (x + 1, n, n + 0, 0 + n),
}
ASKED: dict[str, Any] = {
    "taken away again": lambda x, n: x * 2 if n + 1e16 - 1e16 == n else x * 3,
    "from itself": lambda x, n: x * 2 if n - n == 0 else x * 3,
    "one more": lambda x, n: x * 2 if n + 1.0 > n else x * 3,
    "added twice": lambda x, n: x * 2 if (n + 0.1) + 0.2 == n + 0.3 else x * 3,
    "a step of a kind": lambda x, n: x * 2 if n * 0.1 * 10 == n else x * 3,
    "too large": lambda x, n: x * 2 if n * 1e300 * 1e300 / 1e300 / 1e300 == n else x * 3,
}


@pytest.mark.parametrize("use", [*GIVEN.values(), *ASKED.values()], ids=[*GIVEN, *ASKED])
def test_the_number_is_that_of_python(use: Any) -> None:
    def plan(wrap):
        f = wrap(use)
        for number in NUMBERS:
            yield lambda number=number: f(ONE, number)

    both_runs(plan)


def test_what_takes_the_same_steps_is_in_the_graph_once() -> None:
    def graphs(registry):
        found = []

        def backend(graph, _):
            found.append([str(node.target) for node in graph.graph.nodes])
            return graph.forward

        torch._dynamo.reset()
        with vartrack.use(registry):
            compiled = torch.compile(lambda x, n: (x * (n * 3.0), x + n * 3.0), backend=backend)
            for number in (1.5, 2.5):
                compiled(ONE, number)
        return found

    assert graphs(vartrack.sound) == graphs(None)
