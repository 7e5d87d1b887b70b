"""Objects that torch compares by their values: whether their classes have an `__eq__`."""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType
from typing import Any

from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find

__all__ = ["compares_in_python", "look_at_equality"]


def look_at_equality(ledger: Ledger, trackers: Iterable[Any]) -> None:
    """Note that the ``__eq__`` of the classes of ``trackers`` was looked up."""
    if ledger.holds("classes"):
        for cls in set(map(type_at_hand, trackers)):
            ledger.classes.look(cls, "__eq__")


def compares_in_python(trackers: Iterable[Any]) -> bool:
    """Whether one of them has an ``__eq__`` in Python, which is to be traced."""
    found = (find(cls, "__eq__") for cls in set(map(type_at_hand, trackers)))
    return any(each is not None and type(each[1]) is FunctionType for each in found)
