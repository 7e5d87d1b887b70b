"""Texts of functions: they show where in memory the function of the call is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


class Plain:
    """Has a method."""

    def method(self) -> int:
        return 1


def made() -> Callable[[Any], Any]:
    """Another function of the same code at each call."""

    def function(x: Any) -> Any:
        return x

    return function


VALUES: dict[str, list[Any]] = {
    "functions": [made(), made()],
    "methods": [Plain().method, Plain().method],
    "partials": [functools.partial(made()), functools.partial(made())],
    "partials of builtins": [functools.partial(max, made()), functools.partial(max, made())],
}
TEXTS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "f-string": lambda v: f"{v}",
    "percent": lambda v: "%s" % (v,),  # noqa: UP031
    "format": "{}".format,
}
WITHIN: dict[str, Callable[[Any], Any]] = {
    "alone": lambda v: v,
    "list": lambda v: [v],
    "dict": lambda v: {1: v},
    "key": lambda v: {v: 1},
    "nested": lambda v: [{"a": (v,)}],
}


#: Of a method in an f-string torch 2.15 dies, as it looks for a ``__dict__`` that there is none of.
CASES = [
    (kind, text) for kind in VALUES for text in TEXTS if (kind, text) != ("methods", "f-string")
]


@pytest.mark.parametrize("within", WITHIN)
@pytest.mark.parametrize(("kind", "text"), CASES)
def test_the_text_is_that_of_the_value_of_the_call(kind: str, text: str, within: str) -> None:
    of, put = TEXTS[text], WITHIN[within]
    first, second = VALUES[kind]
    with vartrack.use(vartrack.sound):
        here = torch.compile(lambda x, v: (x + 1, of(put(v))), backend="eager")
        outside = torch.compile(lambda x, v: (x + 1, of(v)), backend="eager")
        for value in (first, second, first, second):
            held = put(value)
            assert here(ONE, value)[1] == of(put(value))
            assert outside(ONE, held)[1] == of(held)
