"""The sets for several packages: what holds of more than one, and all of them in one registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from package_values import Point, Settings, Struct, config, use_settings
from places import Counting, assert_alike, compare_with_eager, standing

import vartrack
from vartrack import Registry, extras

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


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
