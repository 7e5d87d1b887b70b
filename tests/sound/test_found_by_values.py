"""What random values found: contents behind methods, attributes of caches, what is passed on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)


def told(use: Callable[[Any], Any]) -> Callable[..., Any]:
    """``use``, with the words of the error that it raises."""

    def run(x: Any, value: Any) -> Any:
        try:
            return x + 1, use(value)
        except Exception as error:
            return x + 1, type(error).__name__, str(error)

    return run


class Text(str):
    """Its text is the same whatever it holds."""

    def __str__(self) -> str:
        return "x"


class Whole(int):
    def __int__(self) -> int:
        return 1

    def __index__(self) -> int:
        return 1


class Real(float):
    def __float__(self) -> float:
        return 1.0


CONTENTS: dict[str, tuple[Any, Any, Callable[[Any], Any]]] = {
    "encoded": (Text("abc"), Text("abd"), lambda v: v.encode()),
    "joined": (Text("abc"), Text("abd"), lambda v: "-".join([v, "z"])),
    "in capitals": (Text("abc"), Text("abd"), lambda v: v.upper()),
    "length and more": (Text("abc"), Text("abcd"), lambda v: (len(v), v == "abc", v + "a", v[0])),
    "a number": (Whole(5), Whole(6), lambda v: v + 1),
    "a number compared": (Whole(5), Whole(6), lambda v: (v == 5, v < 6, bool(v))),
    "a float": (Real(2.5), Real(3.5), lambda v: (v * 2, v == 2.5)),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_contents_of_which_a_method_says_the_same(name: str) -> None:
    one, other, use = CONTENTS[name]

    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        f = wrap(told(use))
        yield lambda: f(ONE, one)
        yield lambda: f(ONE, other)

    both_runs(program, refuses=True)


ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "read": lambda v: v.a,
    "asked": lambda v: hasattr(v, "a"),
    "with another": lambda v: getattr(v, "a", 7),
    "an item of it": lambda v: v.a[0],
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_of_a_cache(name: str) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        @functools.lru_cache
        def cached(k: int) -> int:
            return k + 1

        f = wrap(told(ATTRIBUTES[name]))
        yield lambda: f(ONE, cached)
        cached.a = [3]
        yield lambda: f(ONE, cached)
        del cached.a
        yield lambda: f(ONE, cached)

    both_runs(program, refuses=True)


FORMATTED: dict[str, Callable[[Any], Any]] = {
    "f-string": lambda v: f"{v:>6}",
    "f-string with digits": lambda v: f"{v:.2f}",
    "method": lambda v: "{:>6}".format(v),  # noqa: UP032
    "function": lambda v: format(v, ">6"),
    "without": lambda v: f"{v}",
}
VALUES = {
    "tensor": torch.ones(2),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "number": torch.tensor(1.5),
    "array": np.ones(2),
    "array of one": np.ones((1,)),
    "array without dimensions": np.array(1.5),
    "number of NumPy": np.float64(1.5),
}


@pytest.mark.parametrize("use", FORMATTED)
def test_specs_that_tensors_and_arrays_take_or_not(use: str) -> None:
    for value in VALUES.values():

        def program(wrap: Any, value: Any = value) -> Iterator[Callable[[], Any]]:
            f = wrap(told(FORMATTED[use]))
            yield lambda: f(ONE, value)

        both_runs(program, refuses=True)


PASSED_ON: dict[str, Callable[[Any], Any]] = {
    "whether it is there": lambda v: v is None,
    "in a list": lambda v: [v, None].count(None),
}
REFUSED_WHEN_CALLED: dict[str, Callable[[], Any]] = {
    "left uncompiled": lambda: torch.compiler.disable(torch.nn.Linear(2, 2)),
    "recurrent": lambda: torch.nn.LSTM(2, 2),
}


@pytest.mark.parametrize("make", REFUSED_WHEN_CALLED)
@pytest.mark.parametrize("use", PASSED_ON)
def test_modules_that_break_the_graph_once_they_are_called(use: str, make: str) -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        f = wrap(lambda x, value: (x + 1, PASSED_ON[use](value)))
        module = REFUSED_WHEN_CALLED[make]()
        for value in (module, None, module, 3, None):
            yield lambda value=value: f(ONE, value)

    both_runs(program, refuses=True)
