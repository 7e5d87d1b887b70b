"""Containers of a class of their own: what the class says of them, where torch folds their items."""

from __future__ import annotations

import operator
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from facts import both_runs

from vartrack.compat.release import RUNNING

ONE = torch.ones(2)

MADE: dict[type, tuple[Any, ...]] = {
    set: ([1, 2],),
    frozenset: ([1, 2],),
    OrderedDict: ([(1, 1), (2, 1)],),
    defaultdict: (None, [(1, 1), (2, 1)]),
    dict: ([(1, 1), (2, 1)],),
}

#: What is asked, the special method that says it, and two that say something else.
ASKED: dict[str, tuple[Callable[[Any], Any], str, Any, Any]] = {
    "truth": (lambda held: 2 if held else 3, "__bool__", lambda _: False, lambda _: True),
    "length as truth": (lambda held: 2 if held else 3, "__len__", lambda _: 0, lambda _: 5),
    "sum": (sum, "__iter__", lambda _: iter([3, 4]), lambda _: iter([7])),
    "sorted": (sorted, "__iter__", lambda _: iter([3, 4]), lambda _: iter([7])),
    "counted": (
        lambda held: [it == 7 for it in held].count(True),
        "__iter__",
        lambda _: iter([3, 4]),
        lambda _: iter([7]),
    ),
    "in": (partial(operator.contains, [5]), "__eq__", lambda *_: True, lambda *_: False),
    "equal": (lambda held: held == 5, "__eq__", lambda *_: True, lambda *_: False),
    "contains": (lambda held: 7 in held, "__contains__", lambda *_: True, lambda *_: False),
    "repr": (lambda held: len(repr(held)), "__repr__", lambda _: "four", lambda _: "six"),
    "text": (lambda held: len(f"{held}"), "__str__", lambda _: "four", lambda _: "six"),
}


def plan_of(base: type, asked: str, *, later: bool) -> Callable[[Any], Any]:
    """Asks an instance of a subclass of ``base``, which has the method at first or gets it."""
    ask, name, first, second = ASKED[asked]

    def plan(wrap):
        cls = type("Own", (base,), {} if later else {name: first})
        held = cls(*MADE[base])
        f = wrap(lambda x: (x + 1, ask(held)))
        yield lambda: f(ONE)
        setattr(cls, name, second)
        yield lambda: f(ONE)

    return plan


@pytest.mark.parametrize("later", [False, True], ids=["at first", "later"])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("base", MADE, ids=lambda base: base.__name__)
def test_the_class_is_asked(base: type, asked: str, later: bool) -> None:
    both_runs(plan_of(base, asked, later=later), refuses=True)


@pytest.mark.parametrize("tell", [repr, str, "{}".format, lambda held: f"{held!r}"])
@pytest.mark.parametrize("base", [set, frozenset, OrderedDict])
@pytest.mark.parametrize("empty", [False, True])
def test_a_text_has_the_name_of_the_class(base: type, tell: Any, empty: bool) -> None:
    def asked(ask: Any) -> Any:
        def plan(wrap):
            held = type("Own", (base,), {})(*(() if empty else MADE[base]))
            f = wrap(lambda x: (x + 1, ask(tell(held))))
            yield lambda: f(ONE)

        return plan

    both_runs(asked(lambda text: text))
    # since 2.14 torch puts off some of them, and a text that is put off has no length
    both_runs(asked(len), refuses=True)


@pytest.mark.parametrize("name", ["__iter__", "__getitem__", "__len__"])
def test_a_list_of_what_has_no_length(name: str) -> None:
    """torch dies of it, as it guards the length."""

    def plan(wrap):
        held = [1, 2]
        own: dict[str, Any] = {
            "__iter__": lambda self: iter(held),
            "__getitem__": lambda self, at: held[at],
            "__len__": lambda self: len(3),
        }
        names = {name: own[name]} if name != "__len__" else {**own}
        obj = type("Own", (), names)()
        f = wrap(lambda x: (x + 1, list(obj)))
        yield lambda: f(ONE)
        held.append(3)
        yield lambda: f(ONE)

    # up to 2.12 it breaks the graph
    both_runs(plan, refuses=RUNNING.release < (2, 13))
