"""Methods that a class of the program's has of a base in C, called by their names: `v.__add__(1)`."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome
from facts import both_runs, outcomes
from thrift_values import SOUND
from torch._dynamo.exc import Unsupported

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


OF_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "item": lambda value: list.__getitem__(value, 0),
    "in it": lambda value: (list.__contains__(value, 2), list.__contains__(value, 9)),
    "set": lambda value: (list.__setitem__(value, 0, 5), value),
    "deleted": lambda value: (list.__delitem__(value, 0), value),
    "repeated": lambda value: (list.__mul__(value, 2), list.__rmul__(value, 2)),
    "by a text": lambda value: list.__mul__(value, "x"),
    "extended": lambda value: (list.__iadd__(value, (3,)), value),
    "equal": lambda value: (list.__eq__(value, [1, 2]), list.__ne__(value, [1, 2])),
    "equal to another": lambda value: list.__eq__(value, (1, 2)),
    "less": lambda value: (list.__lt__(value, [1, 3]), list.__ge__(value, value)),
}
OF_OTHERS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "item of a deque": (lambda: Queue([1]), lambda value: Queue.__getitem__(value, 0)),
    "in a deque": (
        lambda: collections.deque([1]),
        lambda value: collections.deque.__contains__(value, 1),
    ),
    "copy of a defaultdict": (
        lambda: collections.defaultdict(int, a=1),
        lambda value: collections.defaultdict.copy(value),
    ),
    "merged defaultdict": (
        lambda: collections.defaultdict(int, a=1),
        lambda value: collections.defaultdict.__or__(value, {"b": 2}),
    ),
    "missing": (lambda: Missing(), lambda value: dict.__getitem__(value, "a")),
    "there": (lambda: Missing(a=1), lambda value: dict.__getitem__(value, "a")),
}


class Missing(dict):
    def __missing__(self, key: str) -> str:
        return key * 2


#: On torch 2.15.
NOT_MENDED = pytest.mark.xfail(
    strict=True, reason="trackers of subclasses hold the items themselves there"
)


@pytest.mark.parametrize("operation", OF_CONTAINERS)
def test_methods_of_lists_by_their_class(operation: str, request: pytest.FixtureRequest) -> None:
    if operation in ("equal", "equal to another", "less") and runs_on(">=2.15"):
        request.applymarker(NOT_MENDED)
    for make in (lambda: [1, 2], lambda: Items([1, 2])):
        as_python_has_it(make, OF_CONTAINERS[operation], vartrack.sound)


@pytest.mark.parametrize("name", OF_OTHERS)
def test_methods_of_others_by_their_class(name: str, request: pytest.FixtureRequest) -> None:
    if name == "missing" and runs_on(">=2.15"):
        request.applymarker(NOT_MENDED)
    as_python_has_it(*OF_OTHERS[name], vartrack.sound)


@pytest.mark.parametrize("name", ["list.index", "tuple.index", "dict.get", "set.union", "dict.pop"])
def test_the_class_of_the_object_is_not_asked(name: str, request: pytest.FixtureRequest) -> None:
    """A method of that name that comes to the class changes nothing of the base's."""
    if runs_on(">=2.15"):
        request.applymarker(NOT_MENDED)
    kind, _, method = name.partition(".")
    base: Any = {"list": list, "tuple": tuple, "dict": dict, "set": set}[kind]
    argument = {"set": {4}}.get(kind, 1)

    def plan(wrap: Any) -> Any:
        cls: Any = type("Own", (base,), {})
        f = wrap(lambda x, value: (x + 1, getattr(base, method)(value, argument)))
        make = lambda: cls({1: 2} if base is dict else [1])  # noqa: E731
        yield lambda: f(torch.ones(2), make())
        setattr(cls, method, lambda self, *_: 7)
        yield lambda: f(torch.ones(2), make())

    try:
        _, alone = outcomes(plan, None)
    except Unsupported:
        pytest.skip("torch does not trace it")
    assert both_runs(plan) <= alone


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
