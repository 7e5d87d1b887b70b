"""Hashes that the program has: of what is hashed by identity it is that of one object alone."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


class Plain:
    """Hashed by identity."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def method(self) -> int:
        return self.number


class Own(Plain):
    """Hashed by what it holds."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __hash__(self) -> int:
        return hash((self.held, 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.held is other.held


@dataclasses.dataclass(frozen=True)
class Frozen:
    """Hashed by what it holds, as the standard library makes it."""

    held: Any


class Wrapped(int):
    """What attrs keeps a hash as."""


class OwnNumber(Own):
    """Whose hash is a number of a subclass of int."""

    def __hash__(self) -> int:
        return Wrapped(hash(self.held))


def one() -> None: ...


def other() -> None: ...


VALUES: dict[str, list[Any]] = {
    "objects": [Plain(), Plain()],
    "functions": [one, other],
    "tuples": [(Plain(), 1), (Plain(), 1)],
    "nested": [((Plain(),), 1), ((Plain(),), 1)],
    "frozen sets": [frozenset([Plain()]), frozenset([Plain()])],
    "own hash": [Own(Plain()), Own(Plain())],
    "own number": [OwnNumber(1), OwnNumber(2)],
    "dataclasses": [Frozen(Plain()), Frozen(Plain())],
    "nested dataclasses": [Frozen((Frozen(Plain()),)), Frozen((Frozen(Plain()),))],
    "dates": [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)],
    "decimals": [Decimal(1), Decimal(2)],
    "partials": [functools.partial(one), functools.partial(one)],
    "modules": [torch.nn.Identity(), torch.nn.Identity()],
    "generators": [torch.Generator(), torch.Generator()],
    "errors": [ValueError(1), ValueError(1)],
    "numbers": [1, 2.5],
}


def tried(v: Any) -> int:
    """Asks for a hash that there is none of on the way."""
    with contextlib.suppress(TypeError):
        hash([v])
    return hash(v)


ASKED: dict[str, Callable[[Any], Any]] = {
    "hash": hash,
    "its method": lambda v: v.__hash__(),
    "method of its class": lambda v: type(v).__hash__(v),
    "with others": lambda v: hash((1, v)) % 1000,
    "kept": lambda v: {hash(v): 1},
    "after one that fails": tried,
    "made here": lambda v: hash(Frozen(v)),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("kind", VALUES)
def test_the_hash_is_that_of_the_value_of_the_call(kind: str, asked: str) -> None:
    """With equal values of another call nothing is compiled again."""
    ask = ASKED[asked]
    first, second = VALUES[kind]
    compiled = 0

    def backend(graph: Any, _: Any) -> Any:
        nonlocal compiled
        compiled += 1
        return graph

    with vartrack.use(vartrack.sound):
        f = torch.compile(lambda x, v: (x + 1, ask(v)), backend=backend)
        for value in (first, second, first, second):
            assert f(ONE, value)[1] == ask(value)
    assert compiled <= 2


def test_a_key_is_no_number_of_the_program() -> None:
    """Which object it is makes no difference to a dict that is made here."""
    compiled = 0

    def backend(graph: Any, _: Any) -> Any:
        nonlocal compiled
        compiled += 1
        return graph

    def f(x: torch.Tensor, v: Any) -> Any:
        return x + {v: 1}[v] + len({v, Frozen(v)})

    with vartrack.use(vartrack.sound):
        run = torch.compile(f, backend=backend, fullgraph=True)
        for value in (Plain(), Plain(), Plain()):
            run(ONE, value)
    assert compiled == 1


def number(value: Plain) -> int:
    return value.number


BASES: list[Any] = [
    pytest.param(ConstantVisitor, {"key": staticmethod(number)}, id="constant with a key"),
    pytest.param(ConstantVisitor, {}, id="constant"),
    pytest.param(SnapshotVisitor, {}, id="snapshot"),
    pytest.param(RecordVisitor, {}, id="record"),
]


def _is_one_graph(ask: Callable[[Any], Any]) -> bool:
    """Whether torch alone compiles it without a break."""
    f = torch.compile(lambda x, v: (x + 1, ask(v)), backend="eager", fullgraph=True)
    try:
        f(ONE, Plain(1))
    except Unsupported:
        return False
    finally:
        torch._dynamo.reset()
    return True


#: Of these torch has no class to ask.
OF_YOURS = [asked for asked in ASKED if asked != "method of its class"]


@pytest.mark.parametrize("asked", OF_YOURS)
@pytest.mark.parametrize(("base", "options"), BASES)
def test_of_a_type_of_your_own(base: Any, options: dict[str, Any], asked: str) -> None:
    """Right in one graph for each object, without `sound`; torch alone has the first one's.

    Up to 2.12 torch alone takes no hash, or not that of a tuple.
    """
    ask = ASKED[asked]
    registry = vartrack.stock.derive("hashed")
    registry.register(type("PlainVisitor", (base,), {"types": (Plain,), **options}))
    first, second = Plain(1), Plain(1)
    whole = _is_one_graph(ask)
    with vartrack.use(registry):
        f = torch.compile(lambda x, v: (x + 1, ask(v)), backend="eager", fullgraph=whole)
        for value in (first, second, first):
            assert f(ONE, value)[1] == ask(value)


def test_it_is_a_fact_of_the_audit() -> None:
    """It says whose hash it is."""
    with vartrack.audit() as report:
        f = torch.compile(lambda x, v: x + hash(v) % 2**20, backend="eager")
        for value in (Plain(), Plain()):
            f(ONE, value)
    (change,) = report.stale
    assert (change.kind, change.fact) == ("identity", "the hash of L['v']")
