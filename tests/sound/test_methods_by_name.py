"""Methods that a class of the program's has of a base in C, called by their names: `v.__add__(1)`."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pytest
from beside_torch import outcome
from thrift_values import SOUND

import vartrack
from vartrack.compat import runs_on

pytestmark = [pytest.mark.first_answer, pytest.mark.usefixtures("fresh")]


class Bytes(bytes): ...


class Bytearray(bytearray): ...


class Text(str): ...


class Items(list): ...


class Row(tuple): ...


class Queue(collections.deque): ...


class Ordered(collections.OrderedDict): ...


class Set(set): ...


class Frozen(frozenset): ...


class Whole(int): ...


class Real(float): ...


SEQUENCES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: Bytes(b"ab"),
    "bytearray": lambda: Bytearray(b"ab"),
    "str": lambda: Text("ab"),
    "list": lambda: Items([1, 2]),
    "tuple": lambda: Row((1, 2)),
    "deque": lambda: Queue([1, 2]),
    "plain bytes": lambda: b"ab",
}
OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "added to a number": lambda value: value.__add__(1),
    "added to itself": lambda value: value.__add__(value),
    "added to a list": lambda value: value.__add__([]),
    "repeated": lambda value: value.__mul__(2),
    "repeated from the left": lambda value: value.__rmul__(2),
    "repeated by a text": lambda value: value.__mul__("x"),
    "added to in place": lambda value: value.__iadd__(value),
    "repeated in place": lambda value: value.__imul__(2),
    "a number in place": lambda value: value.__iadd__(1),
}
OTHERS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "text of an OrderedDict": (lambda: Ordered(a=1), lambda value: value.__repr__()),
    "merged": (lambda: Ordered(a=1), lambda value: value.__or__(value)),
    "merged from the left": (lambda: Ordered(a=1), lambda value: value.__ror__({"b": 2})),
    "text of a set": (lambda: Set([1]), lambda value: value.__repr__()),
    "text of a frozen one": (lambda: Frozen([1]), lambda value: value.__repr__()),
    "formatted": (lambda: Real(2.5), lambda value: value.__format__(".2f")),
    "formatted int": (lambda: Whole(25), lambda value: value.__format__("x")),
    "formatted text": (lambda: Text("a"), lambda value: value.__format__(">3")),
}


def told(use: Callable[[Any], Any]) -> Callable[..., Any]:
    def run(x: Any, value: Any) -> Any:
        try:
            return use(value)
        except Exception as error:
            return type(error), str(error)

    return run


def as_python_has_it(make: Callable[[], Any], use: Callable[[Any], Any], registry: Any) -> None:
    """Assert that it gives that, or is refused where torch alone is not right."""
    ours, alone = (outcome(each, told(use), lambda: [make()]) for each in (registry, None))
    assert ours.status in ("right", "refused"), ours
    assert ours.rank <= alone.rank, ours


@pytest.mark.parametrize("registry", [vartrack.sound, SOUND], ids=["sound", "with thrift"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_sequences_do_not_decline(operation: str, registry: Any) -> None:
    for make in SEQUENCES.values():
        as_python_has_it(make, OPERATIONS[operation], registry)


@pytest.mark.parametrize("registry", [vartrack.sound, SOUND], ids=["sound", "with thrift"])
@pytest.mark.parametrize("name", OTHERS)
def test_what_the_method_gives(name: str, registry: Any) -> None:
    as_python_has_it(*OTHERS[name], registry)


MISUSES: dict[str, Callable[[Any], Any]] = {
    "number": float,
    "whole number": int,
    "less": lambda value: value < 1,
    "minus": lambda value: value - value,
    "from the right": lambda value: 2 * value,
    "negative": lambda value: -value,
}
IN_C: dict[str, Callable[[], Any]] = {
    "OrderedDict": lambda: collections.OrderedDict(a=1),
    "defaultdict": lambda: collections.defaultdict(int, a=1),
    "deque": lambda: collections.deque([1]),
    "Counter": lambda: collections.Counter("a"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_errors_name_types_as_python_does(name: str) -> None:
    """One in C with its module, as ``float() argument must be ... not 'collections.deque'``."""
    for kind, make in IN_C.items():
        if kind == "Counter" and name == "less" and not runs_on(">=2.12"):
            continue  # torch compares it by code of its own, with words of its own
        as_python_has_it(make, MISUSES[name], vartrack.sound)


def test_arguments_by_name_that_are_none() -> None:
    """The words name the function, also one that is made while the program runs."""

    def use(value: Any) -> Any:
        return (lambda **named: named)(**value)

    for make in SEQUENCES.values():
        as_python_has_it(make, use, vartrack.sound)


MISSING: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda value: value.nope,
    "by its name": lambda value: getattr(value, "nope"),  # noqa: B009
    "hash": hash,
}


@pytest.mark.parametrize("name", MISSING)
def test_what_objects_lack(name: str) -> None:
    """Errors of what one has not, or is not, name its class with the module as well."""
    for make in IN_C.values():
        as_python_has_it(make, MISSING[name], vartrack.sound)
