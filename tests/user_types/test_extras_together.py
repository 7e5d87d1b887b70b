"""The sets for several packages: what holds of more than one, and all of them in one registry."""

from __future__ import annotations

import datetime
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest
import sympy
import torch
from package_values import Point, Settings, Struct, config, use_settings
from packaging.version import Version
from places import PLACES, Counting, assert_alike, compare_with_eager, standing

import vartrack
from vartrack import InstallError, Registry, extras
from vartrack.extras.tried import TRIED

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)
TWO = Version("2.1.5")
SYMBOL = sympy.Symbol("s")


def registry_with(*packages: str) -> Registry:
    registry = vartrack.stock.derive("together")
    for package in packages:
        extras.load(package).register(registry)
    return registry


def test_a_subclass_is_not_its_base() -> None:
    class WiderSettings(Settings):
        def total(self) -> float:
            return 100.0

    class WiderStruct(Struct):
        def area(self) -> Any:
            return self.x - 1

    values = [Settings(), WiderSettings(), Settings(), WiderSettings()]
    assert compare_with_eager(registry_with("pydantic"), use_settings, values) == 2
    structs = [Struct(X), WiderStruct(X), Struct(X)]
    assert compare_with_eager(registry_with("msgspec"), lambda x, v: x + v.area(), structs) == 2


def test_every_set_is_loaded_by_name_and_can_be_added_to_another_registry() -> None:
    everything = registry_with("attrs", "msgspec", "pydantic", "omegaconf", "protobuf")

    def function(x: torch.Tensor, v: Any) -> Any:
        struct, settings, cfg, point = v
        return x * struct.n + settings.total() + cfg.n + point.area(), v

    def values() -> Iterator[Any]:
        whole = (Struct(X), Settings(), config(), Point(torch.ones(4)))
        yield whole
        whole[1].inner.width = 7
        yield whole
        whole[2].n = 9
        yield whole

    backend = Counting()
    with vartrack.use(everything):
        run = standing("argument", function, backend)
        for value in values():
            ours, theirs = run(X, value), function(X, value)
            assert_alike(ours[0], theirs[0])
            assert all(one is other for one, other in zip(ours[1], value, strict=True))
    assert backend.graphs == 3


def of_many_sets(x: torch.Tensor, v: Any) -> Any:
    version, moment, number, graph, template, day = v
    scale = int(number) + graph.number_of_nodes() + moment.day
    texts = template.substitute(a=str(version)), day.isoformat(), str(number + SYMBOL)
    return x * scale, version > TWO, texts, graph.nodes[0]["w"]


def test_values_of_many_sets_in_one_function() -> None:
    """Each of them changed in turn, with every set that there is in force."""

    def graph(weight: float) -> nx.Graph:
        made = nx.Graph([(0, 1)])
        made.nodes[0]["w"] = weight
        return made

    first = (
        Version("2.1"),
        pd.Timestamp("2024-01-02"),
        sympy.Integer(3),
        graph(1.0),
        string.Template("<$a>"),
        datetime.date(2024, 1, 1),
    )
    other = (
        Version("2.1.0"),
        pd.Timestamp("2024-01-03"),
        sympy.Integer(4),
        graph(2.0),
        string.Template("[$a]"),
        datetime.date(2024, 1, 2),
    )
    values = [first, first]
    values += [(*first[:at], other[at], *first[at + 1 :]) for at in range(len(first))]
    graphs = compare_with_eager(registry_with(*extras.NAMES), of_many_sets, [*values, first])
    # one, and one for each that changes but the weight of a node and the text of a day, which are
    # only returned
    assert graphs == len(first) - 1


@pytest.mark.parametrize(
    "make",
    [
        lambda n: Version(f"1.{n}"),
        lambda n: pd.Timestamp(2000 + n, 1, 1),
        lambda n: sympy.Integer(n + 5),
        lambda n: nx.Graph([(0, n)]),
        lambda n: string.Template(f"$a {n}"),
        lambda n: datetime.date(2000 + n, 1, 1),
    ],
    ids=["version", "timestamp", "integer", "graph", "template", "date"],
)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_carried_needs_one_graph(place: str, make: Any) -> None:
    def function(x: torch.Tensor, v: Any) -> Any:
        return x + 1 if v is not None else x, v

    values = [make(n) for n in range(12)]
    assert compare_with_eager(registry_with(*extras.NAMES), function, values, place) == 1


def test_a_package_that_is_older_than_what_was_tried_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "omegaconf-2.0.6.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: omegaconf\nVersion: 2.0.6\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "vartrack.extras.omegaconf", raising=False)
    _, oldest, newest = TRIED["omegaconf"]
    said = re.escape(f"omegaconf {oldest} to {newest}, and 2.0.6 is installed")
    with pytest.raises(InstallError, match=f"VT309.*{said}"):
        extras.load("omegaconf")
