"""Visitors made on the spot, for tests of what holds of any visitor."""

from __future__ import annotations

from typing import Any

from vartrack import Sourced, Sourceless, Visitor


def a_visitor(
    *types: type | str,
    name: str = "Made",
    halves: tuple[type, ...] = (Sourced, Sourceless),
    **attributes: Any,
) -> type[Visitor]:
    """A visitor class for ``types``; ``when`` and ``when_type`` may be plain functions."""
    for test in ("when", "when_type"):
        if test in attributes:
            attributes[test] = staticmethod(attributes[test])
    attributes.setdefault("one_half", "the test needs no more")
    return type(name, (*halves, Visitor), {"types": types, **attributes})
