"""An error that the program catches has Python's words, also where torch raises it itself."""

from __future__ import annotations

import collections
import contextvars
import copy
import functools
import math
import threading
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import PythonModuleVariable

import vartrack
from vartrack.soundness.watchers.raising import words

pytestmark = [pytest.mark.first_answer, pytest.mark.usefixtures("fresh")]

ONE = torch.ones(2)


def _search(items: Any, at: int) -> Any:
    return items.index(at)


def _missing(value: Any) -> Any:
    return value.missing


class _Plain:
    def act(self, a: Any = 1) -> Any:
        return a


class _Number(int): ...


class _Slotted:
    __slots__ = ("a",)


def _unpack(value: Any) -> Any:
    one, other = value
    return one, other


def _unpack_rest(value: Any) -> Any:
    one, *rest = value
    return one, rest


def _delete(value: Any) -> None:
    del value.missing


#: What raises, and two values that it raises for.
USES: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "attributes of a number": (_missing, 3, 4),
    "attributes of a text": (_missing, "a", "b"),
    "attributes of None": (_missing, None, None),
    "attributes of a list": (_missing, [1], []),
    "attributes of a module": (lambda value: math.missing, 1, 1),  # type: ignore[attr-defined]
    "getattr": (lambda value: getattr(value, "missing"), 3, 4),  # noqa: B009
    "vars": (vars, 3, 4),
    "index of a list": (lambda value: _search(value, 5), [1], [2, 3]),
    "index of a tuple": (lambda value: _search(value, 5), (1,), (2, 3)),
    "index of a text": (lambda value: value.index("z"), "a", "b"),
    "remove from a list": (lambda value: value.remove(5), [1], [2, 3]),
    "remove from a deque": (lambda value: value.remove(5), collections.deque([1]), [2]),
    "pop of a list": (lambda value: value.pop(), [], []),
    "pop of a deque": (lambda value: value.pop(), collections.deque(), collections.deque()),
    "pop of a dict": (lambda value: value.pop("k"), {"a": 1}, {}),
    "an item of a list": (lambda value: value[7], [1], [2, 3]),
    "an item of a tuple": (lambda value: value[7], (1,), (2, 3)),
    "an item of a text": (lambda value: value[7], "a", "bc"),
    "an item of a dict": (lambda value: value["k"], {"a": 1}, {}),
    "a key without a hash": (lambda value: value[[]], {"a": 1}, {}),
    "a list and a tuple": (lambda value: [1] + value, (1,), (2, 3)),
    "a shape and a list": (lambda value: ONE.shape + value, [3], range(2)),
    "a list and a shape": (lambda value: value + ONE.shape, [3], []),
    "a text and a number": (lambda value: "a" + value, 1, 2),
    "in a number": (lambda value: 1 in value, 3, 4),
    "a dict of numbers": (dict, [1], [2, 3]),
    "a dict of triples": (lambda value: dict([(1, 2, value)]), 3, 4),  # type: ignore[misc]
    "a list with tensors": (lambda value: [ONE, value].index(5), 3, 4),
    "a tuple with tensors": (lambda value: (ONE, value)[7], 3, 4),
    "the length of a number": (len, 3, 4),
    "the sum of texts": (sum, ["a"], ["b"]),
    "the length of an object": (len, _Plain(), _Plain()),
    "an item of an object": (lambda value: value[7], types.SimpleNamespace(), _Plain()),
    "an object as an operand": (lambda value: value + 1, _Plain(), types.SimpleNamespace()),
    "an object in an order": (lambda value: value < 1, functools.partial(len), _Plain()),
    "attributes of a function": (_missing, _search, _missing),
    "attributes of a partial": (_missing, functools.partial(len), functools.partial(abs)),
    "zip, shorter": (lambda v: [*zip([1, 2], v, strict=True)], [1], []),
    "zip, longer": (lambda v: [*zip([1, 2], v, strict=True)], [1, 2, 3], [1, 2, 3, 4]),
    "zip, the last": (lambda v: [*zip([1, 2], [1, 2], v, strict=True)], [1], []),
    "unpacking": (lambda value: [a for a, b in [value]], [1], [2]),
    "unpacking a number": (_unpack, 1, 2),
    "unpacking None": (_unpack, None, None),
    "unpacking an object": (_unpack, _Plain(), _Number(3)),
    "unpacking the rest of a number": (_unpack_rest, 1.5, 2.5),
    "unpacking too much": (_unpack, [1], (1, 2, 3)),
    "items of a number": (lambda value: [*value], 1, _Plain()),
    "arguments that are a number": (lambda value: _missing(*value), 1, None),
    "arguments of a builtin": (lambda value: len(*value), 1, None),
    "arguments of a method": (lambda value: _Plain().act(*value), 1, None),
    "arguments by name": (lambda value: _missing(**value), 1, None),
    "a dict of no mapping": (lambda value: {**value}, 1, None),
    "deleted of a function": (_delete, _missing, _search),
    "vars of a builtin": (vars, len, math.sin),
    "vars of a list": (vars, [1], ()),
    "vars of an object with slots": (vars, _Slotted(), _Slotted()),
    "a copy of a lock": (copy.copy, threading.Lock(), threading.RLock()),
    "a copy of a variable": (copy.copy, contextvars.ContextVar("a"), contextvars.ContextVar("b")),
    "a deep copy": (copy.deepcopy, memoryview(b"a"), {1: threading.Lock()}),
}


def _told(use: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def told(x: torch.Tensor, value: Any) -> Any:
        try:
            use(value)
        except Exception as error:
            return x + 1, type(error), str(error), error.args
        return x + 2, None, "", ()

    return told


@pytest.mark.parametrize("name", USES)
def test_a_caught_error_has_the_words_of_python(name: str) -> None:
    use, *values = USES[name]
    function = _told(use)
    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager")
        for value in values:
            expected, found = function(ONE, value), run(ONE, value)
            assert found[1:] == expected[1:]
            assert torch.equal(found[0], expected[0])


def test_words_that_would_show_what_is_not_known_stay() -> None:
    """Where the item that is looked for is a tensor, its text is not known while tracing."""

    def function(x: torch.Tensor) -> Any:
        try:
            return x, [1].index(object())  # type: ignore[arg-type]
        except ValueError as error:
            return x + 1, type(error)

    with vartrack.use(vartrack.sound):
        assert torch.compile(function, backend="eager")(ONE)[1] is ValueError


@pytest.mark.parametrize("name", ["name", "obj"])
@pytest.mark.parametrize("value", [3, "a", [1]])
def test_what_an_error_says_besides_its_words(name: str, value: Any) -> None:
    def function(x: torch.Tensor, value: Any) -> Any:
        try:
            return x, value.missing
        except AttributeError as error:
            return x + 1, getattr(error, name)

    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager")
        assert run(ONE, value)[1] == function(ONE, value)[1]


def test_what_an_error_of_the_program_says_besides_its_words_is_traced() -> None:
    def function(x: torch.Tensor) -> Any:
        try:
            raise AttributeError("gone")
        except AttributeError as error:
            return x + 1, error.name, str(error)

    with vartrack.use(vartrack.sound):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert run(ONE)[1:] == function(ONE)[1:]


def test_what_acts_is_not_done_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are looked for by doing it again, and a module is no copy."""
    monkeypatch.setattr(words, "is_tried", lambda tx: True)
    changed = types.ModuleType("changed")
    tracker = ConstantVariable.create("name")
    words.raise_in_words(None, setattr, [PythonModuleVariable(changed), tracker, tracker], {})
    assert not hasattr(changed, "name")
