"""Subclasses of OrderedDict that say how items are set, or what they are, and what one is made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

from vartrack.compat.release import runs_on

ONE = torch.ones(2)


class Plain(OrderedDict): ...


class PassesOn(OrderedDict):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)


def _tenfold(self: Any, key: Any, value: Any) -> None:
    OrderedDict.__setitem__(self, key, value * 10)


USES: dict[str, Callable[[Any], Any]] = {
    "made of a dict": lambda cls: cls({"b": 1, "a": 2}),
    "made of pairs": lambda cls: cls([("b", 1), ("a", 2)]),
    "made": lambda cls: (cls(b=1, a=2), cls()),
    "fromkeys": lambda cls: (type(cls.fromkeys([1])).__name__, cls().fromkeys("ba", 2)),
}
if not runs_on("<2.13"):  # up to 2.12 torch ends at an assertion of its own
    USES["repr"] = lambda cls: (repr(cls(b=1)), f"{cls(a=1)}")
CHANGES: dict[str, Callable[[Any], None]] = {
    "sets": lambda cls: setattr(cls, "__setitem__", _tenfold),
    "says": lambda cls: setattr(cls, "items", lambda self: [("q", 1)]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("base", "use"), [*((Plain, use) for use in USES), (PassesOn, "made of pairs")]
)
def test_it_is_asked(base: Any, use: str, change: str) -> None:
    def plan(wrap: Wrap):
        cls = type("Own", (base,), {})
        f = wrap(lambda x: (x + 1, USES[use](cls)))
        yield lambda: f(ONE)
        CHANGES[change](cls)
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)


def _matched(x: Any, value: Any) -> Any:
    match value.copy():
        case {"a": found}:
            return x * found
    return x


def _changed(x: Any, value: Any) -> Any:
    copied = value.copy()
    copied["q"] = 7
    return x + 1, copied, value, type(copied) is type(value), isinstance(copied, OrderedDict)


def _added(x: Any, value: Any) -> Any:
    value["q"] = 7
    return x + 1, value.copy(), list(value.copy())


@pytest.mark.parametrize("base", [Plain, PassesOn])
@pytest.mark.parametrize("use", [_matched, _changed, _added])
def test_a_copy_is_of_the_same_class(use: Any, base: Any) -> None:
    if use is _matched and runs_on("<2.12"):
        pytest.skip("torch traces patterns over its own dicts alone")

    def plan(wrap: Wrap):
        f = wrap(use)
        yield lambda: f(ONE, base(b=1, a=2))
        yield lambda: f(ONE, base(a=3, b=1))

    assert both_runs(plan) == 2


def test_a_copy_is_made_as_the_class_says() -> None:
    def plan(wrap: Wrap):
        cls = type("Own", (Plain,), {})
        f = wrap(_changed)
        yield lambda: f(ONE, cls(b=1, a=2))
        CHANGES["sets"](cls)
        yield lambda: f(ONE, cls(b=1, a=2))
        cls.copy = lambda self: {"a": 3}
        yield lambda: f(ONE, cls(b=1, a=2))

    both_runs(plan, refuses=True)
