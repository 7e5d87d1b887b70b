"""Exported programs, which have no guards, and compiled functions that are stored, which have."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import msgspec
import networkx as nx
import numpy as np
import pandas as pd
import pydantic
import pytest
import sympy
import torch
from beside_torch import registry_with
from google.protobuf import duration_pb2
from multidict import MultiDict
from omegaconf import OmegaConf
from packaging.version import Version
from storing import STORED_EAGERLY
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with(*vartrack.extras.NAMES)


@pytest.fixture(autouse=True)
def storing() -> Iterator[None]:
    """What `aot_compile` needs up to torch 2.11; since then it is so by default."""
    with torch._dynamo.config.patch(enable_aot_compile=True):
        yield


class Holder(torch.nn.Module):
    """A module that has a value."""

    def __init__(self, function: Callable[..., Any], value: Any) -> None:
        super().__init__()
        self.function = function
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x, self.value)


def scaled(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x * float(v)


def calculated(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x * float(v + 1)


def branched(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + 1 if v > 2 else x


def truth(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + 1 if v else x


@pytest.mark.parametrize("function", [scaled, calculated, branched, truth])
def test_what_relies_on_a_key_is_not_exported(
    registry: Registry, function: Callable[..., Any]
) -> None:
    holder = Holder(function, Decimal("2.5"))
    with vartrack.use(registry):
        with pytest.raises(Unsupported) as raised:
            torch.export.export(holder, (torch.ones(2),), strict=True)
        # without tracing there is nothing of vartrack in it
        exported = torch.export.export(holder, (torch.ones(2),), strict=False)
    message = str(raised.value)
    assert "an exported program has no guards" in message
    assert "Decimals, decimal.Decimal" in message
    assert "plain arguments" in message
    assert torch.equal(exported.module()(torch.ones(2)), holder(torch.ones(2)))


def with_none(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x + 1 if v is not None else x


def with_year(x: torch.Tensor, v: Any) -> torch.Tensor:
    return x * v.year


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("function", "value"),
    [
        (with_none, Decimal(1)),
        (with_year, datetime.date(2024, 1, 1)),
        (scaled, 3),
        (lambda x, v: x * v["a"], {"a": 2.0}),
    ],
)
def test_other_programs_are_exported_as_ever(
    registry: Registry, function: Callable[..., Any], value: Any, strict: bool
) -> None:
    graphs = []
    for chosen in (registry, None):
        with vartrack.use(chosen):
            exported = torch.export.export(Holder(function, value), (torch.ones(2),), strict=strict)
        assert torch.equal(exported.module()(torch.ones(2)), function(torch.ones(2), value))
        graphs.append(exported.graph_module.code)
    assert graphs[0] == graphs[1]


@pytest.mark.parametrize("function", [scaled, calculated])
def test_a_stored_function_keeps_the_guards(
    registry: Registry, function: Callable[..., Any], tmp_path: Path
) -> None:
    """``aot_compile`` stores keys and states with the other guards."""
    with vartrack.use(registry):
        compiled = torch.compile(function, fullgraph=True, backend=STORED_EAGERLY)
        made: Any = compiled.aot_compile(((torch.ones(2), Decimal("2.5")), {}))
    made.save_compiled_function(str(tmp_path / "stored"))
    with (tmp_path / "stored").open("rb") as stored:
        loaded = torch.compiler.load_compiled_function(stored)
    x = torch.ones(2)
    assert torch.equal(loaded(x, Decimal("2.5")), function(x, Decimal("2.5")))
    with pytest.raises(RuntimeError, match="GuardManager check failed"):
        loaded(x, Decimal("3.5"))


# every set: what no guard of vartrack's is needed for is exported, and the rest is refused by name


class Model(pydantic.BaseModel):
    n: int = 3


@attrs.define
class Point:
    n: int = 3


class Struct(msgspec.Struct):
    n: int = 3


class Mode(enum.Enum):
    A = 1
    B = 2


#: By set: from a number to a value, and programs that read a part of it, or rely on the whole.
SETS: dict[str, tuple[Callable[[int], Any], list[Callable[..., Any]]]] = {
    "attrs": (Point, [lambda x, v: x * v.n, lambda x, v: x + len(attrs.asdict(v))]),
    "mappings": (
        lambda n: MultiDict(n=str(n)),
        [lambda x, v: x * float(v["n"]), lambda x, v: x * float(v.getall("n")[0])],
    ),
    "msgspec": (Struct, [lambda x, v: x * v.n, lambda x, v: x * msgspec.structs.asdict(v)["n"]]),
    "networkx": (
        lambda n: nx.path_graph(n + 1),
        [lambda x, v: x * len(v), lambda x, v: x * len(list(v.edges))],
    ),
    "numpy": (
        lambda n: np.array(["a" * n, "b"]),
        [lambda x, v: x * len(v), lambda x, v: x + 1 if v[0] == "aaa" else x + 2],
    ),
    "omegaconf": (
        lambda n: OmegaConf.create({"n": n}),
        [lambda x, v: x * v.n, lambda x, v: x * OmegaConf.to_container(v)["n"]],
    ),
    "packaging": (
        lambda n: Version(f"1.{n}"),
        [lambda x, v: x * v.minor, lambda x, v: x + 1 if v > Version("1.3") else x + 2],
    ),
    "pandas": (
        lambda n: pd.Timestamp(2020 + n, 1, 1),
        [lambda x, v: x * v.year, lambda x, v: x + 1 if v > pd.Timestamp(2022, 1, 1) else x + 2],
    ),
    "protobuf": (
        lambda n: duration_pb2.Duration(seconds=n),
        [lambda x, v: x * v.seconds, lambda x, v: x * len(v.SerializeToString())],
    ),
    "pydantic": (
        lambda n: Model(n=n),
        [lambda x, v: x * v.n, lambda x, v: x * v.model_dump()["n"]],
    ),
    "stdlib": (
        lambda n: datetime.date(2020 + n, 1, 1),
        [lambda x, v: x * v.year, lambda x, v: x * int(v.isoformat()[:4])],
    ),
    "sympy": (sympy.Integer, [lambda x, v: x * int(v), lambda x, v: x + 1 if v + 1 > 3 else x]),
    "thrift": (
        lambda n: "a" * n,
        [lambda x, v: x + 1 if v == "aaa" else x, lambda x, v: x + 1 if len(v) > 2 else x],
    ),
}
USES = [(name, number) for name, (_, uses) in SETS.items() for number in range(len(uses))]


def test_every_set_is_among_them() -> None:
    assert SETS.keys() == {*vartrack.extras.NAMES}


def exported(how: str, holder: torch.nn.Module, x: torch.Tensor) -> Any:
    """What runs of an exported program."""
    if how == "torch.export":
        return torch.export.export(holder, (x,), strict=True).module()
    return torch._dynamo.export(holder)(x)[0]  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["torch.export", "torch._dynamo.export"])
@pytest.mark.parametrize(("name", "number"), USES)
def test_every_set_is_exported_or_says_why_not(
    registry: Registry, name: str, number: int, how: str
) -> None:
    make, uses = SETS[name]
    holder, x = Holder(uses[number], make(3)), torch.ones(2)
    with vartrack.use(registry):
        try:
            run = exported(how, holder, x)
        except Unsupported as error:
            assert "vartrack: " not in str(error) or "an exported program cannot check" in str(
                error
            )
            assert "Hint: " in str(error)
            return
    assert torch.equal(run(x), holder(x))


@pytest.mark.parametrize(("name", "number"), USES)
def test_every_set_is_stored_with_its_guards(
    registry: Registry, name: str, number: int, tmp_path: Path
) -> None:
    """A function that was stored gives Python's answer for another value, or says that it cannot."""
    make, uses = SETS[name]
    x = torch.ones(2)
    with vartrack.use(registry):
        compiled = torch.compile(uses[number], fullgraph=True, backend=STORED_EAGERLY)
        made: Any = compiled.aot_compile(((x, make(3)), {}))
    made.save_compiled_function(str(tmp_path / "stored"))
    with (tmp_path / "stored").open("rb") as stored:
        loaded = torch.compiler.load_compiled_function(stored)
    assert torch.equal(loaded(x, make(3)), uses[number](x, make(3)))
    for other in (1, 5, 2):
        try:
            found = loaded(x, make(other))
        except RuntimeError as error:
            assert "GuardManager check failed" in str(error)
        else:
            assert torch.equal(found, uses[number](x, make(other)))


def test_what_thrift_asked_is_stored(registry: Registry, tmp_path: Path) -> None:
    """Which value a member of an enum is, by a function in C, and by a function of ours."""

    def chosen(x: torch.Tensor, v: Mode) -> torch.Tensor:
        return x + 1 if v is Mode.B else x

    with vartrack.use(registry):
        compiled = torch.compile(chosen, fullgraph=True, backend=STORED_EAGERLY)
        made: Any = compiled.aot_compile(((torch.ones(2), Mode.A), {}))
    made.save_compiled_function(str(tmp_path / "stored"))
    with (tmp_path / "stored").open("rb") as stored:
        loaded = torch.compiler.load_compiled_function(stored)
    assert loaded(torch.ones(2), Mode.A)[0] == 1
    with pytest.raises(RuntimeError, match="GuardManager check failed"):
        loaded(torch.ones(2), Mode.B)
