"""What the numbers of NumPy are that a function works out: torch has arrays for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from facts import both_runs
from hypothesis import given, settings
from hypothesis import strategies as st

ONE = torch.ones(2)

MADE: dict[str, Callable[[Any], Any]] = {
    "item": lambda a: a[0],
    "item by a tuple": lambda a: a.reshape(1, 2)[0, 1],
    "item of all": lambda a: a[()][0],
    "a view of one": lambda a: a[0, ...],
    "the last": lambda a: [*a][-1],
    "sum": lambda a: a.sum(),
    "sum of none": lambda a: np.sum(a[:0]),
    "kept dimensions": lambda a: a.sum(keepdims=True),
    "argmax": lambda a: np.argmax(a),
    "any": lambda a: (a > 1).any(),
    "sum of numbers": lambda a: a[0] + 1,
    "product": lambda a: a[0] * a[1],
    "dot": lambda a: a @ a,
    "negative": lambda a: -a[0],
    "absolute": lambda a: abs(a[0]),
    "sine": lambda a: np.sin(a[0]),
    "comparison": lambda a: a[0] < 2,
    "array": lambda a: np.array(5.0),
    "zeros": lambda a: np.zeros(()),
    "as array": lambda a: np.asarray(a[0]),
    "reshaped": lambda a: a[:1].reshape(()),
    "squeezed": lambda a: np.squeeze(a[:1]),
    "a copy": lambda a: a[0].copy(),
    "a copy of an array": lambda a: np.array(5.0).copy(),
    "real": lambda a: a[0].real,
    "turned": lambda a: np.array(5.0).T,
    "a type of numbers": lambda a: np.float32(3),
}
CLASSES = (np.ndarray, np.generic, np.floating, np.integer, np.bool_, float, int, list)


@pytest.mark.parametrize("name", MADE)
def test_their_types(name: str) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        def function(x: Any, a: Any) -> Any:
            made = MADE[name](a)
            return x + 1, type(made).__name__, [isinstance(made, cls) for cls in CLASSES]

        f = wrap(function)
        yield lambda: f(ONE, np.ones(2))
        yield lambda: f(ONE, np.ones(2, np.float32))
        yield lambda: f(ONE, np.arange(2))

    both_runs(program)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([*MADE]), min_size=2, max_size=4))
def test_what_is_done_by_their_types(names: list[str]) -> None:
    """Branches that are taken by them."""

    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        made_of = [MADE[name] for name in names]

        def function(x: Any, a: Any) -> Any:
            for number, make in enumerate(made_of):
                if isinstance(make(a), float):
                    x = x + 10**number
            return x

        f = wrap(function)
        yield lambda: f(ONE, np.ones(2))

    both_runs(program)
