"""Every visitor that ships says in one line what its values are."""

from __future__ import annotations

import pytest

from vartrack import Registry, Visitor, extras
from vartrack.visitors import STOCK


def visitors_of(name: str) -> list[type[Visitor]]:
    """The classes of the visitors that the set ``name`` registers."""
    registry = Registry(name)
    extras.load(name).register(registry)
    return [type(visitor) for visitor in registry]


def with_bases(visitors: list[type[Visitor]]) -> set[type[Visitor]]:
    """``visitors``, and the visitor classes that they derive from."""
    return {
        base for visitor in visitors for base in visitor.__mro__ if issubclass(base, Visitor)
    } - {Visitor}


@pytest.mark.parametrize("name", ["stock", *extras.NAMES])
def test_every_visitor_says_what_its_values_are(name: str) -> None:
    visitors = list(STOCK) if name == "stock" else visitors_of(name)
    assert visitors
    wrong = {}
    for visitor in with_bases(visitors):
        # its own, not that of a base
        text = vars(visitor).get("__doc__") or ""
        first = text.partition("\n")[0]
        if not first.endswith(".") or len(first) > 96:
            wrong[f"{visitor.__module__}.{visitor.__name__}"] = first
    assert not wrong
