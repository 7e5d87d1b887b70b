"""What Python refuses as soon as it is asked for, and torch takes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import Wrap, both_runs

from vartrack.compat.release import runs_on

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2)


class Bare: ...


KEPT = Bare()
REFERENCE = weakref.ref(KEPT)


class Slotted:
    __slots__ = ("a",)


class Number(int): ...


class Made:
    def __init__(self, a: int = 1) -> None:
        self.a = a


class PassesOn:
    def __init__(self, a: int) -> None:
        super().__init__(a)  # type: ignore[call-arg]


def _stored(value: Any) -> None:
    value[0] = 1


def _deleted(value: Any) -> None:
    del value[0]


USES: dict[str, Callable[[], Any]] = {
    "an argument": lambda: Bare(1),  # type: ignore[call-arg]
    "a named one": lambda: Bare(a=1),
    "of slots": lambda: Slotted(1),  # type: ignore[call-arg]
    "by map": lambda: [*map(Bare, [1])],  # type: ignore[arg-type]
    "handed on": lambda: PassesOn(1),
    "super of another": lambda: super(Made, Bare()),
    "super of a number": lambda: super(Made, 3),
    "super of no class": lambda: super(3, Bare()),  # type: ignore[type-var]
    "numbers to no items": lambda: enumerate(3),  # type: ignore[call-overload]
    "numbers to an object": lambda: enumerate(Bare()),  # type: ignore[call-overload]
    "a number of a class of its own": lambda: Number("q"),
    "a weak reference": lambda: REFERENCE(1),  # type: ignore[call-arg]
    "a weak reference by name": lambda: REFERENCE(to=1),  # type: ignore[call-arg]
    "of what is no number": lambda: Number([]),  # type: ignore[arg-type]
}
STORES: dict[str, tuple[Callable[[Any], None], Any]] = {
    "in a text": (_stored, "ab"),
    "in a number": (_stored, 3),
    "deleted of a text": (_deleted, "ab"),
    "deleted of a number": (_deleted, 2.5),
}


def _told(use: Callable[..., Any]) -> Callable[..., Any]:
    def told(x: torch.Tensor, *args: Any) -> Any:
        try:
            use(*args)
        except TypeError as error:
            return x + 1, type(error).__name__, str(error) if _has_words else ""
        except Exception as error:
            return x + 2, type(error).__name__
        return x - 1

    return told


_has_words = not runs_on("!=2.13")


@pytest.mark.parametrize("use", USES)
def test_it_is_raised_where_it_is_done(use: str) -> None:
    def plan(wrap: Wrap):
        f = wrap(_told(USES[use]))
        yield lambda: f(ONE)

    both_runs(plan)


@pytest.mark.parametrize("use", STORES)
def test_an_item_is_stored_in_no_literal(use: str) -> None:
    def plan(wrap: Wrap):
        f = wrap(_told(STORES[use][0]))
        yield lambda: f(ONE, STORES[use][1])

    both_runs(plan)


def test_a_constructor_comes_and_goes() -> None:
    def plan(wrap: Wrap):
        cls: Any = type("Made", (), {})
        f = wrap(_told(lambda: cls(1)))
        yield lambda: f(ONE)
        cls.__init__ = lambda self, a: None
        yield lambda: f(ONE)
        del cls.__init__
        yield lambda: f(ONE)

    assert both_runs(plan) == 2  # at the end it is as it was first


def test_what_is_there_is_found_as_before() -> None:
    def plan(wrap: Wrap):
        class Under(Made):
            @classmethod
            def named(cls) -> str:
                return super().__class__.__name__

            def __init__(self) -> None:
                super().__init__(a=4)

        f = wrap(lambda x: (x + 1, Under().a, Made(2).a, Under.named(), super(Under, Under()).a))
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)
