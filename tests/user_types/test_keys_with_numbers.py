"""Values with numbers in them as keys: at the second number torch has a symbol in its place."""

from __future__ import annotations

import dataclasses
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
import torch

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(2)


@attrs.frozen
class Attrs:
    n: int


class Struct(msgspec.Struct, frozen=True):
    n: int


class Model(pydantic.BaseModel, frozen=True):
    n: int


@dataclasses.dataclass(frozen=True)
class Data:
    n: int


class Own:
    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self.n == other.n

    def __hash__(self) -> int:
        return hash(self.n)


def _registered(base: type[Any], cls: type, **options: Any) -> vartrack.Registry:
    registry = vartrack.stock.derive(f"{cls.__name__} by {base.__name__}")
    registry.register(type("Values", (base,), {"types": (cls,), **options}))
    return registry


def _with_extra(name: str) -> vartrack.Registry:
    registry = vartrack.stock.derive(f"with {name}")
    vartrack.extras.load(name).register(registry)
    return registry


FIELDS = {"fields": ("n",)}
KEY = {"key": staticmethod(lambda value: value.n)}
CASES = {
    "attrs": (Attrs, lambda: _with_extra("attrs")),
    "msgspec": (Struct, lambda: _with_extra("msgspec")),
    "pydantic": (Model, lambda: _with_extra("pydantic")),
    **{
        f"{cls.__name__} by {base.__name__}": (
            cls,
            lambda base=base, cls=cls, options=options: _registered(base, cls, **options),
        )
        for cls in (Data, Own)
        for base, options in (
            (vartrack.ConstantVisitor, KEY),
            (vartrack.SnapshotVisitor, KEY),
            (vartrack.RecordVisitor, FIELDS),
        )
    },
}
USES = {
    "read": lambda x, v, held, made: x * held[v],
    "in": lambda x, v, held, made: x + (v in held),
    "get": lambda x, v, held, made: x * held.get(v, 7),
    "made": lambda x, v, held, made: x * {v: 5}.get(made(n=2), 6),
    "asked of one made": lambda x, v, held, made: x * {made(n=1): 5}.get(v, 6),
    "set": lambda x, v, held, made: x + len({v, made(n=2)}),
    "in a set": lambda x, v, held, made: x + (made(n=3) in {v}),
    "written": lambda x, v, held, made: (x, {**held, v: 8}[v]),
    "equal": lambda x, v, held, made: x + (v == made(n=3)),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("case", CASES)
def test_each_number_finds_its_item(case: str, use: str) -> None:
    cls, registry = CASES[case]
    held = {cls(n=n): 10 * n for n in (1, 2, 3)}
    with vartrack.use(registry()):
        compiled = torch.compile(USES[use], backend="eager", fullgraph=True)
        for n in (1, 2, 3, 2):
            given = X, cls(n=n), held, cls
            assert str(compiled(*given)) == str(USES[use](*given)), n
