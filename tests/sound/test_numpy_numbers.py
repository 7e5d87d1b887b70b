"""Numbers of NumPy, which torch traces as arrays without dimensions."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sized
from typing import Any

import numpy as np
import pytest
import torch
from facts import both_runs

from vartrack import compat

ONE = torch.ones(2)
OLD = compat.RUNNING.release[:2] < (2, 13)


def _caught(use: Any, value: Any) -> Any:
    try:
        return use(value)
    except (TypeError, AttributeError) as error:
        return type(error).__name__


def _use(use: Any, *values: Any, refuses: bool = False) -> int:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, v: (x + 1, _caught(use, v)))
        for value in values:
            yield lambda: f(ONE, value)  # noqa: B023 - it is called before the next

    return both_runs(plan, refuses=refuses)


USES: dict[str, Any] = {
    "it has": lambda v: (hasattr(v, "__len__"), hasattr(v, "__iter__"), hasattr(v, "item")),
    "it is": lambda v: [isinstance(v, cls) for cls in (float, np.ndarray, np.floating, Sized)],
    "its protocols": lambda v: (isinstance(v, Hashable), isinstance(v, Iterable)),
    "its type": lambda v: (type(v).__name__, type(v) is np.float64),
    "its length": len,
    "its own method": lambda v: v.is_integer(),
    "it is written to": lambda v: setattr(v, "a", 1),
    "it is looked up": lambda v: ({1.5: "a", 7: "b"}.get(v), v in {2.5: 1}, v in {1.5, 2}),
    "it is rounded": lambda v: round(v) == 2,
    "its size": lambda v: type(abs(v)) is torch.Tensor,
}
#: Those that the graph has no place for, of some values.
REFUSED = {"it is rounded", "its own method"}


@pytest.mark.parametrize("use", USES)
@pytest.mark.usefixtures("as_before")
def test_it_is_a_number(use: str) -> None:
    # an array of no dimensions, and one number after the other, have the same guards in torch
    values = (np.asarray(1.5), np.float64(1.5), np.float64(2.5), np.float32(1.5), np.bool_(True))
    _use(USES[use], *values, refuses=OLD or use in REFUSED)


@pytest.mark.usefixtures("as_before")
def test_the_greatest_is_one_of_those_given() -> None:
    values = [np.float64(number) for number in (1.5, 2.5, 7.5, math.inf, 1.0)]
    assert _use(lambda v: (type(max(v, 3)) is int, type(min(v, 3)) is int), *values) == 2


COMPARED: dict[str, Any] = {
    "to what is no number": lambda v: (v == None, None != v, v == torch.strided),  # noqa: E711
    "in a list": lambda v: (v in [1.5, 2], v in [None, 2.5], None in [v, 3]),
    "within tuples": lambda v: v in (None, 1.5),
    "in an order": lambda v: v < None,
}


@pytest.mark.parametrize("use", COMPARED)
@pytest.mark.usefixtures("as_before")
def test_it_is_compared_as_a_number(use: str) -> None:
    """torch puts it into the graph, whose answer is an array, and no `bool`."""
    values = (np.float64(1.5), np.float64(2.5), np.float32(1.5), np.int64(2))
    graphs = _use(COMPARED[use], *values, refuses=OLD)
    assert OLD or graphs <= len(values)


def _times(value: Any, number: Any) -> Any:
    value *= number
    return value


REPEATED: dict[str, Any] = {
    "a list": lambda v: [1, 2] * v,
    "a tuple from the right": lambda v: v * (1, 2),
    "in place": lambda v: _times([1, 2], v),
    "an item of an array": lambda v: [1, 2] * np.asarray([v])[0],
    "in an array": lambda v: ([1, 2] * np.asarray([v, v])).tolist(),
}


@pytest.mark.parametrize("use", REPEATED)
@pytest.mark.usefixtures("as_before")
def test_it_repeats_a_list(use: str) -> None:
    """torch multiplies what the list holds, up to 2.14."""
    _use(REPEATED[use], np.int64(2), np.int64(3), refuses=True)
