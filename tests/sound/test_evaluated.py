"""What C evaluates of a value while torch traces: all that is in it counts, and what it calls."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import math
import re
import struct
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Plans, both_runs, outcomes, steps
from torch.utils import _pytree

import vartrack
from vartrack import compat

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add
limit = 2


class Settings:
    filled = "bb"
    others: tuple[str, ...] = ("a",)


#: What is evaluated of the keys of a dict or set, the key that is there, and the one that comes.
OF_KEYS: dict[str, tuple[Callable[[Any], Any], int, int]] = {
    "any": (any, 0, 7),
    "all": (all, 7, 0),
    "sum": (sum, 2, 7),
    "prod": (math.prod, 2, 7),
    "fsum": (math.fsum, 2, 7),
    "leaves": (lambda keys: _pytree.tree_leaves([keys]), 2, 7),
    "listed": (lambda keys: math.prod([*keys]), 2, 7),
}


def _one_more_key(wrap, use, held, more):
    f = wrap(lambda x: (x + 1, use(held)))
    yield lambda: f(ONE)
    held.update({more: 0})
    yield lambda: f(ONE)
    held.clear()
    held.update({first: 0 for first in (3, 4)})
    yield lambda: f(ONE)


def _of_keys(wrap, use, kind, first, more):
    yield from _one_more_key(wrap, use, kind({first: 0}), more)


for name, (use, first, more) in OF_KEYS.items():
    for kind in (dict, set):
        PLANS[f"{name}_of_a_{kind.__name__}"] = functools.partial(
            _of_keys, use=use, kind=kind, first=first, more=more
        )


@plan
def table_of_a_translation(wrap):
    table = {97: "xx"}
    f = wrap(lambda x: (x + 1, "banana".translate(table)))
    yield lambda: f(ONE)
    table[98] = "yyy"
    yield lambda: f(ONE)


@plan
def items_that_are_packed(wrap):
    items = [1, 2]
    f = wrap(lambda x: (x + 1, struct.pack(f"{len(items)}B", *items)))
    yield lambda: f(ONE)
    items.append(3)
    yield lambda: f(ONE)


def _of_class(match: Any) -> str:
    return match.group() + Settings.filled


def _of_module(match: Any) -> str:
    return match.group() * limit


def _of_both(match: Any) -> str:
    return _of_class(match) + _of_module(match)


def _substituted(wrap, function, by_pattern):
    global limit
    pattern = re.compile("a")
    if by_pattern:
        f = wrap(lambda x: (x + 1, pattern.sub(function, "banana")))
    else:
        f = wrap(lambda x: (x + 1, re.sub("a", function, "banana")))
    try:
        yield lambda: f(ONE)
        Settings.filled, limit = "c", 3
        yield lambda: f(ONE)
        yield lambda: f(ONE)
    finally:
        Settings.filled, limit = "bb", 2


CALLED = (_of_class, _of_module, _of_both)
for called in CALLED:
    for by_pattern in (False, True):
        PLANS[f"sub_with{called.__name__}_by_pattern_{by_pattern}"] = functools.partial(
            _substituted, function=called, by_pattern=by_pattern
        )


@plan
def function_of_a_closure_that_is_called_back(wrap):
    class Held:
        filled = "bb"

    f = wrap(lambda x: (x + 1, re.sub("a", lambda match: Held.filled, "banana")))
    yield lambda: f(ONE)
    Held.filled = "c"
    yield lambda: f(ONE)


@plan
def module_that_is_looked_for(wrap):
    name = "no_such_module_yet"
    f = wrap(lambda x: (x + 1, importlib.util.find_spec(name) is None))
    yield lambda: f(ONE)
    sys.modules[name] = module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    try:
        yield lambda: f(ONE)
    finally:
        del sys.modules[name]


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    both_runs(PLANS[name], refuses=True)


#: What torch alone notices, or breaks the graph for.
NOTICED = {
    *(name for name in PLANS if name.endswith("_of_a_set")),
    *(f"{name}_of_a_dict" for name in ("fsum", "leaves", "listed")),
    "items_that_are_packed",
}


@pytest.mark.skipif(compat.RUNNING.release[:2] != (2, 13), reason="read in the source of 2.13")
@pytest.mark.parametrize("name", [name for name in PLANS if name not in NOTICED])
def test_torch_alone_does_not_notice(name: str) -> None:
    """So that what is tested above is a kind at all."""
    have, _ = outcomes(PLANS[name], None, fullgraph=False)
    assert have != steps(PLANS[name], lambda function, **options: function)


@pytest.mark.parametrize(
    "function",
    [lambda match: match.group().upper(), str, functools.partial(lambda a, match: a, "q")],
)
def test_a_function_that_reads_nothing_else_is_evaluated(function: Any) -> None:
    def use(x: torch.Tensor) -> Any:
        return x + 1, re.sub("a", function, "banana")

    with vartrack.use(vartrack.sound):
        compiled = torch.compile(use, backend="eager", fullgraph=True)
        assert compiled(ONE)[1] == use(ONE)[1]


class Doubled:
    def __format__(self, spec: str) -> str:
        return spec * 2


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("value", [2.345, 17, "abc", True, [1, 2], Doubled()])
@pytest.mark.parametrize("spec", [(), ("",), (">9",), ("{<9",), (".1f",), ("no spec",)])
def test_format_is_that_of_python(value: Any, spec: tuple[str, ...]) -> None:
    """torch fills the spec into the value; errors come where Python has them."""

    def use(x: torch.Tensor) -> Any:
        try:
            return x + 1, format(value, *spec)
        except (TypeError, ValueError):
            return x + 2, "refused"

    with vartrack.use(vartrack.sound):
        compiled = torch.compile(use, backend="eager")
        assert compiled(ONE)[1] == use(ONE)[1]


def test_a_wrong_format_of_a_size_that_varies_is_caught() -> None:
    def use(x: torch.Tensor) -> Any:
        try:
            return x + 1, format(x.shape[0], "no spec")
        except ValueError:
            return x + 2, "refused"

    with vartrack.use(vartrack.sound):
        compiled = torch.compile(use, backend="eager", dynamic=True, fullgraph=True)
        for size in (3, 5):
            assert compiled(torch.ones(size))[1] == "refused"


def test_format_of_a_size_that_varies() -> None:
    def use(x: torch.Tensor) -> Any:
        return x + 1, format(x.shape[0], ">5")

    with vartrack.use(vartrack.sound):
        compiled = torch.compile(use, backend="eager", dynamic=True, fullgraph=True)
        for size in (3, 5, 8):
            assert compiled(torch.ones(size))[1] == f"{size:>5}"
