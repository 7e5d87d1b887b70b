"""Exceptions of the program's classes: their text, and what is done to them later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs

pytestmark = [pytest.mark.first_answer, pytest.mark.usefixtures("fresh")]

ONE = torch.ones(2)


class Plain(Exception): ...


class SetsArgs(Exception):
    def __init__(self, *args: Any) -> None:
        self.args = ("set", len(args))


class Further(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text + "!")
        self.text = text


class Lookup(KeyError): ...


class Shown(LookupError):
    def __str__(self) -> str:
        return f"shown {self.args}"


class Failed(OSError): ...


KINDS = (Plain, SetsArgs, Further, Lookup, Shown, Failed)


def _caught(kind: Any) -> Any:
    try:
        raise kind("m")
    except Exception as error:
        return str(error), f"{error}", repr(error), error.args, type(error).__name__


def _given_args(kind: Any) -> Any:
    try:
        raise kind("m")
    except Exception as error:
        error.args = ["q", 1]  # type: ignore[assignment]
        return str(error), error.args, type(error.args)


def _with_traceback(kind: Any) -> Any:
    error = kind("m")
    same = error.with_traceback(None)
    try:
        raise same
    except kind as caught:
        return caught is error, same is error, type(same).__name__


def _caused(kind: Any) -> Any:
    try:
        try:
            raise kind("a") from KeyError("k")
        except kind as error:
            error.args = ("b",)
            raise
    except Exception as error:
        return error.args, str(error), repr(error.__cause__)


USES: tuple[Callable[[Any], Any], ...] = (_caught, _given_args, _with_traceback, _caused)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_it_is_what_the_program_made_of_it(use: Callable[[Any], Any], kind: Any) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x: (x + 1, use(kind)))
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)


def test_a_constructor_that_comes_later() -> None:
    def plan(wrap: Any) -> Any:
        cls: Any = type("Late", (Exception,), {})
        f = wrap(lambda x: (x + 1, _caught(cls)))
        yield lambda: f(ONE)
        cls.__init__ = SetsArgs.__init__
        yield lambda: f(ONE)

    both_runs(plan)


def test_one_that_is_returned_has_what_it_was_given() -> None:
    def use(x: torch.Tensor) -> Any:
        error = Plain("m")
        error.args = ("q", 1)
        return x + 1, error

    def plan(wrap: Any) -> Any:
        f = wrap(use)
        yield lambda: f(ONE)[1].args

    both_runs(plan, refuses=True)
