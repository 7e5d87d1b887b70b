"""Read-only arrays of NumPy: torch writes them, and lets them be written from then on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from facts import both_runs

import vartrack

pytestmark = [
    pytest.mark.first_answer,
    pytest.mark.filterwarnings("ignore:The given NumPy array is not writable"),
]

ONE = torch.ones(2)


def _item(a: Any, x: Any) -> Any:
    a[0] = 5
    return x + 1


def _caught(a: Any, x: Any) -> Any:
    try:
        a[0] = 5
    except ValueError as error:
        return x + 2, str(error)
    return x + 1


def _in_place(a: Any, x: Any) -> Any:
    b = a
    b += 1
    return x + b.sum()


def _of_a_view(a: Any, x: Any) -> Any:
    a.reshape(-1)[1:][0] = 7
    return x + a[1]


WRITING = (_item, _caught, _in_place, _of_a_view)
ARRAYS: dict[str, Callable[[], Any]] = {
    "made": lambda: np.arange(4.0),
    "a row": lambda: np.ones((2, 4))[0],
    "of bytes": lambda: np.frombuffer(bytes([*range(16)]), dtype=np.uint8),
}


def _frozen(kind: str) -> Any:
    array = ARRAYS[kind]()
    array.setflags(write=False)
    return array


@pytest.mark.parametrize("use", WRITING)
@pytest.mark.parametrize("kind", ARRAYS)
def test_it_is_not_written(kind: str, use: Any) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        array = _frozen(kind)
        run = wrap(lambda x: use(array, x))
        yield lambda: (run(ONE), array.tolist(), array.flags.writeable)

    both_runs(program, refuses=True)


@pytest.mark.parametrize("use", WRITING)
def test_one_that_comes_to_be_read_only_is_not_written(use: Any) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        array = np.arange(4.0)
        run = wrap(lambda x: use(array, x))
        yield lambda: (run(ONE), array.tolist())
        array.setflags(write=False)
        yield lambda: (run(ONE), array.tolist())

    both_runs(program, refuses=True)


@pytest.mark.parametrize("kind", ARRAYS)
def test_it_stays_read_only(kind: str) -> None:
    array = _frozen(kind)
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.compile(lambda x: (x + 1, np.sin(array)), backend="eager", fullgraph=True)
        have = compiled(ONE)[1]
    assert not array.flags.writeable
    np.testing.assert_allclose(have, np.sin(array), rtol=1e-3)
