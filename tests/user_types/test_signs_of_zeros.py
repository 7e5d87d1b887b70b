"""The sign of a zero in what is read part by part: the guard on the zero itself is ``==``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
import torch
from beside_torch import outcome, registry_with
from bidict import bidict
from box import Box
from easydict import EasyDict
from google.protobuf.wrappers_pb2 import DoubleValue
from immutabledict import immutabledict
from multidict import MultiDict
from omegaconf import OmegaConf
from sortedcontainers import SortedDict

pytestmark = pytest.mark.usefixtures("fresh")


@attrs.define
class Attrs:
    rate: float


class Struct(msgspec.Struct):
    rate: float


class Model(pydantic.BaseModel):
    rate: float


MAPPINGS = (Box, EasyDict, MultiDict, OmegaConf.create, SortedDict, bidict, immutabledict)
RECORDS = (Attrs, OmegaConf.create, Struct, Model)


@pytest.mark.parametrize(
    ("program", "kinds"),
    [
        (lambda x, v: (x * v["rate"], str(v["rate"])), MAPPINGS),
        (lambda x, v: (lambda rate: x * rate)(**v), MAPPINGS),
        (lambda x, v: (x * v.rate, str(v.rate)), RECORDS),
    ],
)
def test_the_sign_of_a_zero_is_noticed(
    program: Callable[[torch.Tensor, Any], Any], kinds: tuple[Callable[..., Any], ...]
) -> None:
    registry = registry_with("attrs", "mappings", "msgspec", "omegaconf", "pydantic")
    for make in kinds:
        by_name = make is Model

        def values(make: Any = make, by_name: bool = by_name) -> list[Any]:
            as_items = make in MAPPINGS
            rates = (0.0, -0.0, 0.0)
            return [
                make({"rate": r}) if as_items else make(rate=r) if by_name else make(r)
                for r in rates
            ]

        found = outcome(registry, program, values)
        assert (found.status, found.graphs) == ("right", 2), (make, found)


def test_a_field_of_a_message() -> None:
    values = lambda: [DoubleValue(value=rate) for rate in (0.0, -0.0, 0.0)]  # noqa: E731
    found = outcome(registry_with("protobuf"), lambda x, v: (x * v.value, str(v.value)), values)
    assert (found.status, found.graphs) == ("right", 2), found


def test_a_number_that_varies_keeps_its_sign() -> None:
    registry = registry_with("pydantic")
    values = lambda: [Model(rate=rate) for rate in (2.0, -0.0, 0.0, 3.0)]  # noqa: E731
    found = outcome(registry, lambda x, v: x * v.rate, values)
    assert (found.status, found.graphs) == ("right", 2), found
