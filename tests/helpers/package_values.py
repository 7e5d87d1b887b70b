"""Values of the packages that ``vartrack.extras`` has sets for, and programs on such values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
import torch
import torch._dynamo
from omegaconf import OmegaConf
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import extras

X = torch.arange(4.0)


# programs


def shape_of(value: Any, value_given: Any) -> Any:
    """What a result is made of, with the value that was given told from others like it."""
    if value is value_given:
        return "the value given"
    if isinstance(value, torch.Tensor):
        return value.tolist(), str(value.dtype)
    if isinstance(value, set):
        return sorted(map(repr, value))
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [shape_of(item, value_given) for item in value]
    if isinstance(value, dict):
        return {key: shape_of(item, value_given) for key, item in value.items()}
    if isinstance(value, pydantic.BaseModel):
        fields = {**value.__dict__, **(value.__pydantic_private__ or {})}
        return type(value), shape_of(fields, value_given), sorted(value.model_fields_set)
    if isinstance(value, msgspec.Struct):
        return type(value), shape_of(msgspec.structs.asdict(value), value_given)
    if attrs.has(type(value)):
        return type(value), shape_of(attrs.asdict(value, recurse=False), value_given)
    return type(value).__name__, str(value)


def outcome(run: Callable[..., Any], value: Any) -> Any:
    """What a program gives or raises, and the state of its value after."""
    try:
        result = shape_of(run(X.clone(), value), value)
    except Unsupported:
        raise
    except Exception as error:
        result = type(error), str(error)
    return result, shape_of(value, None)


class Programs:
    """Programs on values of one package, traced with the set for it and held against eager."""

    def __init__(self, package: str, *named: Any) -> None:
        """``named`` are the classes, functions and modules that the programs call by name."""
        self.registry = vartrack.stock.derive(package)
        extras.load(package).register(self.registry)
        self.names = {value.__name__.rpartition(".")[2]: value for value in (torch, *named)}

    def function(self, text: str) -> Callable[..., Any]:
        """The function of ``x`` and ``v`` that is written in ``text``."""
        *before, last = text.split("; ")
        body = "\n ".join([*before, last if last.startswith("return") else f"return {last}"])
        scope = dict(self.names)
        exec(f"def f(x, v):\n {body}", scope)
        return scope["f"]  # type: ignore[no-any-return]

    def check(self, text: str, make: Callable[[], Any]) -> None:
        """Hold a program against eager, twice, so that the second call runs what was compiled."""
        function = self.function(text)
        with vartrack.use(self.registry):
            # dynamic=False: a number that torch turns into a symbol is no longer what is tested here
            run = torch.compile(function, backend="eager", fullgraph=True, dynamic=False)
            for _ in range(2):
                assert outcome(run, make()) == outcome(function, make())

    def check_refused(self, text: str, make: Callable[[], Any], said: str = "") -> None:
        """A program breaks the graph, saying so, and runs right outside of it."""
        function = self.function(text)
        with vartrack.use(self.registry):
            value = make()
            before = shape_of(value, None)
            with pytest.raises(Unsupported) as caught:
                torch.compile(function, backend="eager", fullgraph=True)(X.clone(), value)
            assert said in str(caught.value)
            assert shape_of(value, None) == before, "the value was changed while tracing"
            torch._dynamo.reset()
            run = torch.compile(function, backend="eager")
            assert outcome(run, make()) == outcome(function, make())


#: Programs on any record with a tensor ``x`` and a number ``n``.
RECORDS = """
v.x * v.n, v.n, v
[v, {"a": v}]
v.x = x + 1; return v.x * v.n
v.n += 1; v.x = x * v.n; return v
isinstance(v, type(v)), type(v) is Struct, v is v, v is None
hasattr(v, "x"), hasattr(v, "nothing"), getattr(v, "nothing", 3), getattr(v, "n")
copy.copy(v).x, copy.copy(v)
""".strip().splitlines()


# values


@attrs.define
class Point:
    x: Any
    n: int = attrs.field(default=2, converter=int)
    rest: list[Any] = attrs.field(factory=list)

    def area(self) -> Any:
        return self.x * self.n

    @property
    def double(self) -> int:
        return self.n * 2


class Struct(msgspec.Struct):
    x: Any
    n: Any = 2
    rest: list[Any] = []

    def area(self) -> Any:
        return self.x * self.n


#: What the validator of ``Watched`` has seen.
VALIDATED: list[Any] = []


class Inner(pydantic.BaseModel):
    width: int = 3
    names: list[str] = []


class Settings(pydantic.BaseModel):
    n: int = 2
    rate: float = 0.5
    flags: dict[str, Any] = {}
    inner: Inner = Inner()
    _private: int = 5

    @pydantic.field_validator("n")
    @classmethod
    def checked(cls, n: int) -> int:
        if n < 0:
            raise ValueError("less than none")
        return n

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.n * 2

    def total(self) -> float:
        return self.n + self.inner.width + self._private


class Watched(Settings):
    @pydantic.field_validator("n")
    @classmethod
    def seen(cls, n: int) -> int:
        VALIDATED.append(n)
        return n


def config(**changes: Any) -> Any:
    """A configuration of omegaconf with a list, an interpolation and a missing value."""
    whole = {"n": 2, "act": "relu", "m": {"layers": [1, 2], "twice": "${n}"}, "gone": "???"}
    return OmegaConf.create({**whole, **changes})


# uses


def use_record(x: torch.Tensor, v: Any) -> Any:
    return (x + v.x) if v.n == 2 else (x - v.x), v.n, type(v.n).__name__, v


def changing_record(make: Callable[..., Any], **attributes: Any) -> Callable[[], Iterator[Any]]:
    """Records of two contents: equal, unequal, and changed and changed back unless frozen."""

    def values() -> Iterator[Any]:
        one = make(x=torch.ones(4))
        yield one
        yield make(x=torch.zeros(4))
        yield make(x=torch.ones(4), n="other")
        if not attributes.get("frozen"):
            one.n = "other"
            yield one
            one.n = 2
            yield one
        yield make(x=torch.rand(4))

    return values


def use_settings(x: torch.Tensor, v: Any) -> Any:
    return x * v.total(), v.rate, v.double, v.model_dump(), str(v.rate), v.flags.get("a"), v
