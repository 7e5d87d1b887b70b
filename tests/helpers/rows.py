"""What `vartrack.proof` builds of the examples, held together as tests hold it."""

from __future__ import annotations

from vartrack.proof.building import Built, build, describe, difference
from vartrack.proof.examples import ROWS, Example, local, prelude, rows

__all__ = [
    "ROWS",
    "Built",
    "Example",
    "assert_same",
    "build",
    "describe",
    "local",
    "prelude",
    "rows",
]


def assert_same(ours: Built, theirs: Built) -> None:
    """That vartrack made of it what torch made of it, in the sense of `difference`."""
    assert not difference(ours, theirs)
