"""A missing key of a mapping: what the error says is what Python says, as torch alone breaks there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frozendict
import immutabledict
import ml_collections
import multidict
import pytest
import sortedcontainers
import torch
from beside_torch import outcome, registry_with

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Program = Callable[[torch.Tensor, Any], Any]

TYPES = (
    frozendict.frozendict,
    immutabledict.immutabledict,
    ml_collections.ConfigDict,
    ml_collections.FrozenConfigDict,
    multidict.CIMultiDict,
    multidict.MultiDict,
    sortedcontainers.SortedDict,
)
CONFIGS = (ml_collections.ConfigDict, ml_collections.FrozenConfigDict)


def by_str(x: torch.Tensor, value: Any) -> Any:
    try:
        return value["near"]
    except KeyError as error:
        return str(error)


def by_format(x: torch.Tensor, value: Any) -> Any:
    try:
        return value["near"]
    except KeyError as error:
        return f"{error}"


def by_arguments(x: torch.Tensor, value: Any) -> Any:
    try:
        return value["near"]
    except KeyError as error:
        return error.args


def of_an_attribute(x: torch.Tensor, value: Any) -> Any:
    try:
        return value.near
    except AttributeError as error:
        return str(error)


def of_an_attribute_by_arguments(x: torch.Tensor, value: Any) -> Any:
    try:
        return value.near
    except AttributeError as error:
        return error.args


def deleted(x: torch.Tensor, value: Any) -> Any:
    try:
        del value["near"]
    except KeyError as error:
        return str(error)


ROWS = [
    *((cls, use) for cls in TYPES for use in (by_str, by_format, by_arguments)),
    *((cls, use) for cls in CONFIGS for use in (of_an_attribute, of_an_attribute_by_arguments)),
    (ml_collections.ConfigDict, deleted),
]


@pytest.mark.parametrize("fullgraph", [True, False])
@pytest.mark.parametrize(("cls", "use"), ROWS)
def test_what_is_said_of_a_missing_key_is_pythons(cls: type, use: Program, fullgraph: bool) -> None:
    def values() -> list[Any]:
        return [cls({"nearer": 1}), cls({"nearer": 2}), cls({"a": 1})]

    ours = outcome(registry_with("mappings"), use, values, fullgraph=fullgraph)
    alone = outcome(None, use, values, fullgraph=fullgraph)
    assert ours.rank <= alone.rank, (ours, alone)
    assert ours.status == "right", ours


def test_a_dict_keeps_torchs_text_where_nothing_of_ours_is_registered() -> None:
    ours = outcome(vartrack.stock, by_str, lambda: [{"a": 1}])
    assert ours[:2] == outcome(None, by_str, lambda: [{"a": 1}])[:2]
