"""An attribute that a program sets and deletes again: nothing is left to be deleted afterwards."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(1)


class Plain:
    pass


class Covered:
    kept = 5


class WithSlot:
    __slots__ = ("__dict__", "kept")


class Module(torch.nn.Module):
    pass


CLASSES = (Plain, Covered, WithSlot, Module)
#: What is asked once the attribute is gone.
ASKED: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda v: None,
    "hasattr": lambda v: hasattr(v, "kept"),
    "a default": lambda v: getattr(v, "kept", 7),
    "its dict": lambda v: ("kept" in v.__dict__, v.__dict__.get("kept"), vars(v).get("kept", 3)),
    "set again": lambda v: (setattr(v, "kept", 8), v.kept)[1],
    "set and deleted again": lambda v: (setattr(v, "kept", 8), delattr(v, "kept"))[1],
    "another": lambda v: (setattr(v, "other", 1), v.other)[1],
}


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize(
    "cls, asked",
    [(cls, asked) for cls in CLASSES for asked in ASKED],
)
def test_it_is_as_python_has_it(cls: type, asked: str) -> None:
    """Also at an object that has the attribute, and at one that has it no more."""

    def used(x: torch.Tensor, value: Any) -> Any:
        value.kept = 3
        found = value.kept
        del value.kept
        return x + found, ASKED[asked](value)

    def plan(wrap: Any) -> Any:
        f = wrap(used)
        bare, filled = cls(), cls()
        filled.kept = 2
        for value in (bare, filled, bare, copy.copy(filled)):
            yield lambda: f(ONE, value)  # noqa: B023  # it is called before the next
            yield lambda: sorted(vars(value))  # noqa: B023

    both_runs(plan, refuses=True)


@pytest.mark.usefixtures("as_before")
def test_what_was_not_there_cannot_be_deleted_twice() -> None:
    def used(x: torch.Tensor, value: Any) -> Any:
        value.kept = 3
        del value.kept
        try:
            del value.kept
        except AttributeError:
            return x + 1
        return x

    def plan(wrap: Any) -> Any:
        f, value = wrap(used), Plain()
        yield lambda: f(ONE, value)

    both_runs(plan, refuses=True)
