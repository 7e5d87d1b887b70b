"""What functions close over changes inside, where torch traces them as if they came from nowhere."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections import namedtuple
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

import vartrack

ONE = torch.ones(2)


def made(**members: Any) -> type:
    """A class with these members."""
    return type("Made", (), members)


def derived(base: type, **members: Any) -> type:
    return type("Derived", (base,), members)


def entered(cls: Any) -> Any:
    with cls() as value:
        return value


def stored(cls: Any) -> Any:
    thing = cls()
    thing.value = 3
    return thing.value


def raised(cls: Any) -> Any:
    try:
        raise cls
    except cls as error:
        return error.act()


def inherited(cell: list[int]) -> type:
    class Base:
        def act(self):
            return cell[0]

    class Derived(Base):
        def act(self):
            return super().act()

    return Derived


def with_a_factory(cell: list[int]) -> type:
    @dataclasses.dataclass
    class Row:
        number: int = dataclasses.field(default_factory=lambda: cell[0])

    return Row


def with_a_last_step(cell: list[int]) -> type:
    @dataclasses.dataclass
    class Row:
        number: int = 1

        def __post_init__(self):
            self.number += cell[0]

    return Row


def context(cell: list[int]) -> Any:
    @contextlib.contextmanager
    def given():
        yield cell[0]

    return given


#: What is made of a list of one number, and how that number is found by it.
PROGRAMS: dict[str, tuple[Callable[[list[int]], Any], Callable[[Any], Any]]] = {
    "method": (lambda n: made(act=lambda self: n[0]), lambda A: A().act()),
    "init": (lambda n: made(__init__=lambda self: setattr(self, "v", n[0])), lambda A: A().v),
    "property": (lambda n: made(v=property(lambda self: n[0])), lambda A: A().v),
    "static method": (lambda n: made(v=staticmethod(lambda: n[0])), lambda A: A().v()),
    "call": (lambda n: made(__call__=lambda self: n[0]), lambda A: A()()),
    "len": (lambda n: made(__len__=lambda self: n[0]), lambda A: len(A())),
    "item": (lambda n: made(__getitem__=lambda self, i: n[0]), lambda A: A()[0]),
    "add": (lambda n: made(__add__=lambda self, other: n[0]), lambda A: A() + 1),
    "equal": (lambda n: made(__eq__=lambda self, other: n[0] > 5), lambda A: 3 if A() == 1 else 4),
    "less": (lambda n: made(__lt__=lambda self, other: n[0] > 5), lambda A: 3 if A() < 1 else 4),
    "truth": (lambda n: made(__bool__=lambda self: n[0] > 5), lambda A: 3 if A() else 4),
    "iteration": (lambda n: made(__iter__=lambda self: iter(n)), lambda A: [*A()][0]),
    "in": (lambda n: made(__contains__=lambda self, o: n[0] > 5), lambda A: 3 if 1 in A() else 4),
    "getattr": (lambda n: made(__getattr__=lambda self, name: n[0]), lambda A: A().nothing),
    "setattr": (
        lambda n: made(__setattr__=lambda self, k, v: object.__setattr__(self, k, n[0])),
        stored,
    ),
    "hash": (lambda n: made(__hash__=lambda self: n[0]), lambda A: hash(A())),
    "negation": (lambda n: made(__neg__=lambda self: n[0]), lambda A: -A()),
    "int": (lambda n: made(__int__=lambda self: n[0]), lambda A: int(A())),
    "index": (lambda n: made(__index__=lambda self: n[0] % 3), lambda A: [5, 6, 7][A()]),
    "str": (lambda n: made(__str__=lambda self: "a" * n[0]), lambda A: len(str(A()))),
    "with": (lambda n: made(__enter__=lambda self: n[0], __exit__=lambda *_: None), entered),
    "method of a base": (lambda n: derived(made(act=lambda self: n[0])), lambda A: A().act()),
    "super": (inherited, lambda A: A().act()),
    "default": (lambda n: made(act=lambda self, held=n: held[0]), lambda A: A().act()),
    "keyword default": (lambda n: made(act=lambda self, *, held=n: held[0]), lambda A: A().act()),
    "object": (
        lambda n: made(act=lambda self, held=SimpleNamespace(n=n): held.n[0]),
        lambda A: A().act(),
    ),
    "descriptor": (
        lambda n: made(v=made(__get__=lambda self, thing, owner=None: n[0])()),
        lambda A: A().v,
    ),
    "default factory": (with_a_factory, lambda A: A().number),
    "post init": (with_a_last_step, lambda A: A().number),
    "method of a partial": (
        lambda n: functools.partial(made(act=lambda self: n[0])),
        lambda A: A().act(),
    ),
    "method of a named tuple": (
        lambda n: derived(namedtuple("Pair", "a"), act=lambda self: n[0]),
        lambda A: A(1).act(),
    ),
    "missing key": (lambda n: derived(dict, __missing__=lambda self, key: n[0]), lambda A: A()[1]),
    "method of a list": (lambda n: derived(list, act=lambda self: n[0]), lambda A: A().act()),
    "method of an exception": (lambda n: derived(Exception, act=lambda self: n[0]), raised),
    "context": (context, entered),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_function_closes_over_is_looked_into(name: str) -> None:
    make, use = PROGRAMS[name]

    def plan(wrap: Wrap):
        cell = [2]
        held = make(cell)
        f = wrap(lambda x: x * use(held))
        yield lambda: f(ONE)
        cell[0] = 9
        yield lambda: f(ONE)
        cell[0] = 4
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)


def test_what_it_does_not_look_into_may_change() -> None:
    held = {"read": 2, "not read": 0}
    thing = made(act=lambda self: held["read"])

    def plan(wrap: Wrap):
        f = wrap(lambda x: x * thing().act())
        for count in range(4):
            held["not read"] = count
            yield lambda: f(ONE)

    assert both_runs(plan) == 1


def test_a_function_that_is_gone_is_not_kept() -> None:
    """Compiled code knows it by a reference that keeps it from nothing."""
    import gc
    import weakref

    def compiled_and_gone() -> Any:
        cell = [2]
        cls = made(act=lambda self: cell[0])
        with vartrack.use(vartrack.sound):
            f = torch.compile(lambda x, A: x * A().act(), backend="eager", fullgraph=True)
            assert f(ONE, cls).tolist() == [2, 2]
        return f, weakref.ref(vars(cls)["act"])

    f, function = compiled_and_gone()
    gc.collect()
    assert function() is None
    assert f is not None


def test_what_a_cell_holds_is_asked_where_it_stands() -> None:
    """Once its function was called torch puts off what is read of it, and so what that raises."""

    class Held:
        pass

    def read(x: torch.Tensor, function: Any) -> Any:
        function()
        try:
            return x + 1, function.__closure__[0].cell_contents.part
        except AttributeError as error:
            return x + 1, str(error)

    def plan(wrap: Any) -> Iterator[Callable[[], Any]]:
        held = Held()
        held.part = 3  # type: ignore[attr-defined]
        f = wrap(read)
        function = lambda: held  # noqa: E731
        yield lambda: f(ONE, function)
        held.part = 4  # type: ignore[attr-defined]
        yield lambda: f(ONE, function)
        del held.part  # type: ignore[attr-defined]
        yield lambda: f(ONE, function)

    both_runs(plan, refuses=True)
