"""NaN and infinities as keys: a NaN is found only as the object it is."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

ONE = torch.ones(2)
NAN, INF = float("nan"), float("inf")

DICTS: dict[str, Callable[[Any], Any]] = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "defaultdict": lambda items: defaultdict(int, items),
}
USES: dict[str, Callable[[Any, Any], Any]] = {
    "get": lambda d, key: d.get(key, 5),
    "in": lambda d, key: key in d,
    "stored": lambda d, key: (d.__setitem__(key, 7), len(d))[1],
    "values": lambda d, key: (list(d.values()), len(d)),
    "made": lambda d, key: len({key: 1, next(iter(d)): 2}),
}


@pytest.mark.parametrize("kind", DICTS)
@pytest.mark.parametrize("use", USES)
def test_a_key_that_is_not_equal_to_itself_is_found_as_the_object(use: str, kind: str) -> None:
    def plan(wrap: Wrap):
        held = DICTS[kind]({NAN: 2, INF: 3, -INF: 4, 1.0: 6})
        f = wrap(lambda x, key: (x + 1, USES[use](held, key)))
        for key in (NAN, float("nan"), NAN, INF, -INF, float("inf"), 1.0):
            yield lambda: (*f(ONE, key), len(held))  # noqa: B023 - it is called before the next

    both_runs(plan, refuses=True)


@pytest.mark.parametrize("first", [NAN, float("nan")])
def test_an_element_that_is_not_equal_to_itself(first: float) -> None:
    def plan(wrap: Wrap):
        held = {NAN, 1.0}
        f = wrap(lambda x, key: x * (2 if key in held else 3))
        for key in (first, NAN, float("nan"), 1.0):
            yield lambda: f(ONE, key)  # noqa: B023

    both_runs(plan, refuses=True)
