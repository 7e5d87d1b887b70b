"""Flags that vary: one graph for each answer about one of them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


class Option(enum.Flag):
    """Flags of which the programs ask for one or two."""

    SAVE = 1
    LOG = 2
    SHOW = 4


class Number(enum.IntFlag):
    """Flags that are numbers, too."""

    SAVE = 1
    LOG = 2
    SHOW = 4


class Odd(enum.Flag):
    """Flags with an operator and a membership of their own."""

    SAVE = 1
    LOG = 2
    SHOW = 4

    def __and__(self, other: Any) -> Any:
        return Odd(other.value ^ self.value)

    def __contains__(self, other: Any) -> bool:
        return len(self.name or "") > 4


def also(x: torch.Tensor, v: Any) -> Any:
    return x + 1 if v & type(v).SAVE else x - 1


def within(x: torch.Tensor, v: Any) -> Any:
    return x + 1 if type(v).SAVE in v else x - 1


def the_other_way_round(x: torch.Tensor, v: Any) -> Any:
    return x + 1 if type(v).SAVE & v else x - 1


def two_of_them(x: torch.Tensor, v: Any) -> Any:
    both = type(v).SAVE | type(v).LOG
    return (x + 1 if both in v else x - 1), v & both


ASKED = (also, within, the_other_way_round, two_of_them)


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("flags", [Option, Number, Odd], ids=lambda flags: flags.__name__)
@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
def test_what_is_asked_of_flags_counts_and_not_which_they_are(
    ask: Callable[..., Any], flags: Any, registry: vartrack.Registry
) -> None:
    backend = Counting()
    compiled = torch.compile(ask, backend=backend)
    x = torch.ones(2)
    with vartrack.use(registry), config.patch(recompile_limit=16):
        for value in (3, 7, 3, 1, 5, 4, 6, 2, 0, 7, 1):
            got, expected = compiled(x, flags(value)), ask(x, flags(value))
            assert repr(got) == repr(expected)
    if flags is not Odd and ask in (also, within):
        assert backend.graphs == 2
