"""Values that go through closures, constructors and containers before they are used, or not."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import namedtuple
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import torch
from beside_torch import Program, outcome
from thrift_values import SOUND, THRIFT, VALUES

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Pair = namedtuple("Pair", ("first", "second"))


class Typed(NamedTuple):
    """A named tuple with a default."""

    first: Any
    second: int = 1


class Held:
    """An object that is made while tracing, whose constructor is Python."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self) -> Any:
        return self.value


class Derived(Held):
    """One whose base has the constructor."""

    def __init__(self, value: Any, more: int = 1) -> None:
        super().__init__(value)
        self.more = more


@dataclasses.dataclass
class Data:
    """A dataclass, which makes something more of what it is given."""

    value: Any
    others: list[int] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.again = self.value


@dataclasses.dataclass(frozen=True)
class Frozen:
    """A frozen one."""

    value: Any


class Remembering(torch.nn.Module):
    """A module that keeps what it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.last: Any = None

    def forward(self, value: Any) -> Any:
        self.last = value
        return self.last


@contextlib.contextmanager
def giving(value: Any) -> Iterator[Any]:
    yield value


remembering = Remembering()


def cell(x: torch.Tensor, v: Any) -> Any:
    def inner() -> Any:
        return v

    return inner()


def default(x: torch.Tensor, v: Any) -> Any:
    def inner(w: Any = v, *, k: Any = v) -> Any:
        return w, k

    return inner()


def cell_that_is_changed(x: torch.Tensor, v: Any) -> Any:
    w = None

    def store(value: Any) -> None:
        nonlocal w
        w = value

    store(v)
    return w


def variable_arguments(x: torch.Tensor, v: Any) -> Any:
    def inner(*args: Any, **kwargs: Any) -> Any:
        return (args[0] if args else None), (kwargs["k"] if kwargs else None), not args

    return inner(v, k=v)


def context(x: torch.Tensor, v: Any) -> Any:
    with giving(v) as w:
        return w


def missing_attribute(x: torch.Tensor, v: Any) -> Any:
    held = Held(v)
    return getattr(held, "value", 1), getattr(held, "nothing", v)


PASSING: dict[str, Program] = {
    "cell": cell,
    "lambda": lambda x, v: (lambda: v)(),
    "default": default,
    "changed cell": cell_that_is_changed,
    "variable arguments": variable_arguments,
    "context manager": context,
    "getattr": missing_attribute,
    "constructor": lambda x, v: Held(v)(),
    "derived": lambda x, v: Derived(v, more=2)(),
    "dataclass": lambda x, v: Data(v).again,
    "frozen dataclass": lambda x, v: Frozen(v).value,
    "replaced": lambda x, v: dataclasses.replace(Data(1), value=v),
    "named tuple": lambda x, v: (Pair(v, 1), Pair(1, 2)._replace(first=v)),
    "typed named tuple": lambda x, v: Typed(v)._asdict(),
    "module": lambda x, v: remembering(v),
    "repeated": lambda x, v: ([v] * 2, (v, 1) * 2, 2 * [v]),
    "truth of its container": lambda x, v: (1 if [v] else 2, not {"k": v}, 3 if (v,) else 4),
}


@pytest.mark.parametrize("kind", ["str", "int", "Enum", "dtype"])
@pytest.mark.parametrize("name", PASSING)
def test_what_is_passed_on_is_compiled_once(name: str, kind: str) -> None:
    for registry in (THRIFT, SOUND) if kind == "str" else (THRIFT,):
        found = outcome(registry, PASSING[name], lambda: VALUES[kind])
        assert found == ("right", 1, "")


def test_most_of_it_is_what_torch_compiles_for_each_value() -> None:
    compiled_once = {
        name
        for name, program in PASSING.items()
        if outcome(None, program, lambda: VALUES["str"]).graphs == 1
    }
    assert len(compiled_once) < 4, compiled_once


def _asked(v: Any) -> int:
    return 1 if v == "a" else 2


#: The same, where something comes to depend on the value after all.
USING: dict[str, Program] = {
    "cell": lambda x, v: (lambda: _asked(v))(),
    "constructor": lambda x, v: _asked(Held(v)()),
    "named tuple": lambda x, v: _asked(Pair(v, 1).first),
    "dataclass": lambda x, v: _asked(Data(v).again),
    "equal": lambda x, v: Frozen(v) == Frozen("a"),
    "hash": lambda x, v: {Pair(v, 1): 1}[Pair(v, 1)],
    "key": lambda x, v: {Held(v)(): 2},
    "repeated": lambda x, v: ([v] * 2).count("a"),
    "getattr": lambda x, v: _asked(getattr(Held(v), "nothing", v)),
    "size": lambda x, v: torch.Size((len(v), 2)),
    "length": lambda x, v: len(Held(v)()),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", USING)
def test_what_is_used_then_is_guarded(name: str, registry: vartrack.Registry) -> None:
    values = ("a", "b", "c", "a", "dd", "b")
    ours = outcome(registry, USING[name], lambda: values)
    alone = outcome(None, USING[name], lambda: values)
    assert ours.rank <= alone.rank
    if alone.status == "right":
        assert ours.graphs <= alone.graphs


@pytest.mark.parametrize("cls", [torch.device, torch.Size])
def test_classes_that_torch_calls_itself_get_constants(cls: Any) -> None:
    values = ("cpu", "meta", "cpu") if cls is torch.device else ((1, 2), (2, 2), (1, 2))
    found = outcome(THRIFT, lambda x, v: cls(v), lambda: values)
    assert found == ("right", 2, "")
