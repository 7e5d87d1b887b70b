"""`MappingVisitor` on `OrderedDict`, `defaultdict` and subclasses of them: texts, copies and unions."""

from __future__ import annotations

import collections
import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack
from vartrack import MappingVisitor

pytestmark = pytest.mark.usefixtures("fresh")


class Ranks(collections.OrderedDict[str, Any]):
    """One that is known by its class alone."""


class Counts(collections.defaultdict[str, Any]):
    """The same of the other kind."""


MAKERS: dict[str, Callable[..., Any]] = {
    "OrderedDict": collections.OrderedDict,
    "Ranks": Ranks,
    "defaultdict": lambda **items: collections.defaultdict(int, items),
    "Counts": lambda **items: Counts(int, items),
}
#: What torch traces of subclasses of `defaultdict` as well: it makes none of them.
USES: dict[str, Callable[[Any], Any]] = {
    "texts": lambda v: (str(v), repr(v), f"{v}"),
    "a text after a change": lambda v: (v.update(z="e"), str(v)),
    "empty": lambda v: (v.clear(), repr(v)),
}
MADE: dict[str, Callable[[Any], Any]] = {
    "copy": lambda v: (v.copy(), type(v.copy()).__name__),
    "copied": lambda v: (v.copy().update(z=5), v),
    "deepcopy": copy.deepcopy,
    "|": lambda v: v | {"z": "e"},
}


def registry() -> vartrack.Registry:
    registry = vartrack.stock.derive("standard dicts")
    types = (collections.OrderedDict, collections.defaultdict)
    visitor = type("Mappings", (MappingVisitor,), {"types": types})
    registry.register(visitor, override=True)
    return registry


@pytest.mark.parametrize(
    "kind, name",
    [(kind, name) for kind in MAKERS for name in [*USES, *({} if kind == "Counts" else MADE)]],
)
def test_they_know_which_class_they_are_of(kind: str, name: str) -> None:
    use = {**USES, **MADE}[name]
    make = MAKERS[kind]
    ours = outcome(registry(), lambda x, v: use(v), lambda: [make(x=n, y="d") for n in "aab"])
    assert ours.status == "right", ours


def test_what_is_missing_is_made() -> None:
    def use(x: torch.Tensor, v: Any) -> Any:
        return v["new"], v

    ours = outcome(registry(), use, lambda: [collections.defaultdict(int, x=n) for n in (3, 4)])
    assert ours.status == "right", ours
