"""What a metaclass has is for the class: its instances have nothing of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from beside_torch import outcome

import vartrack
from vartrack import ConstantVisitor, MappingVisitor, OpaqueVisitor, RecordVisitor, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

BASES = (ConstantVisitor, MappingVisitor, OpaqueVisitor, RecordVisitor, SnapshotVisitor)


class Meta(type):
    """Gives a class, and not its instances, what containers, mappings and numbers have."""

    def __len__(cls) -> int:
        return 0

    def __bool__(cls) -> bool:
        return False

    def __iter__(cls) -> Any:
        return iter("ab")

    def __reversed__(cls) -> Any:
        return iter("ba")

    def __contains__(cls, item: Any) -> bool:
        return True

    def __getitem__(cls, key: Any) -> str:
        return "an item"

    def keys(cls) -> Any:
        return ["one"]

    def get(cls, key: Any) -> str:
        return "an item"

    def __add__(cls, other: Any) -> str:
        return "a sum"

    __radd__ = __or__ = __ror__ = __ior__ = __iadd__ = __add__  # type: ignore[assignment]

    def __getattr__(cls, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return "found on the metaclass"


def _classes(meta: type) -> tuple[type, type]:
    """A class, and one whose instances have a length, an item and a call of their own."""

    class Plain(metaclass=meta):
        __module__ = "tests.metaclasses"

        def __init__(self, number: int = 0) -> None:
            self.number = number

        def __repr__(self) -> str:
            return f"{type(self).__name__}({self.number})"

    class Own(Plain):
        def __call__(self) -> str:
            return "called"

        def __len__(self) -> int:
            return 2

        def __getitem__(self, key: int) -> int:
            return (4, 5)[key]

    return Plain, Own


def _dict_of(v: Any) -> Any:
    return dict(**v)


USES: dict[str, Callable[[Any], Any]] = {
    "callable": callable,
    "call": lambda v: v(),
    "bool": bool,
    "not": lambda v: not v,
    "len": len,
    "list": list,
    "tuple": tuple,
    "set": set,
    "sorted": sorted,
    "for": lambda v: [*v],
    "reversed": lambda v: [*reversed(v)],
    "in": lambda v: 4 in v,
    "item": lambda v: v[0],
    "add": lambda v: v + 1,
    "radd": lambda v: 1 + v,
    "or": lambda v: v | 1,
    "ror": lambda v: {1} | v,
    "attribute": lambda v: v.absent,
    "hasattr": lambda v: hasattr(v, "absent"),
    "keys": lambda v: v.keys(),
    "get": lambda v: v.get("one"),
    "**": _dict_of,
    "dict": dict,
}


def _program(use: Callable[[Any], Any]) -> Callable[..., Any]:
    def program(x: Any, v: Any) -> Any:
        try:
            return use(v)
        except (AttributeError, TypeError, IndexError) as error:
            return type(error).__name__

    return program


def _check(use: str, which: int, registry_for: Callable[[type], vartrack.Registry]) -> None:
    found = []
    for meta in (type, Meta):
        cls = _classes(meta)[which]
        values = [cls(1), cls(2)]
        found.append(outcome(registry_for(cls), _program(USES[use]), lambda values=values: values))
    plain, under = found
    assert plain.status in ("right", "refused"), plain
    assert under.rank <= plain.rank or (use, under.status) == ("reversed", "refused"), under


@pytest.mark.parametrize("which", [0, 1], ids=["plain", "own"])
@pytest.mark.parametrize(("base", "use"), [*itertools.product(BASES, USES)])
def test_instances_have_nothing_of_the_metaclass(base: Any, use: str, which: int) -> None:
    def registry_for(cls: type) -> vartrack.Registry:
        registry = vartrack.stock.derive("metaclass")
        registry.register(type("Visitor", (base,), {"types": (cls,)}))
        return registry

    _check(use, which, registry_for)


@pytest.mark.parametrize("which", [0, 1], ids=["plain", "own"])
@pytest.mark.parametrize("use", USES)
def test_objects_have_nothing_of_it_on_sound(use: str, which: int) -> None:
    _check(use, which, lambda cls: vartrack.sound)
