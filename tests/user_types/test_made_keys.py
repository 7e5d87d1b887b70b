"""Objects that the function makes of a registered class are keys as their ``__eq__`` has it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")


class Version:
    def __init__(self, major: int, minor: int) -> None:
        self.major = major
        self.minor = minor

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and (self.major, self.minor) == (other.major, other.minor)

    def __hash__(self) -> int:
        return hash((self.major, self.minor))


def told_apart(x: torch.Tensor, v: Any) -> Any:
    counts: dict[Version, int] = {}
    for key in (v, Version(1, 2), Version(2, 0), Version(1, 2)):
        counts[key] = counts.get(key, 0) + 1
    return x + 1, sorted(counts.values()), v in {Version(1, 2)}


def in_tuples(x: torch.Tensor, v: Any) -> Any:
    return (
        x,
        len({(v, 1), (Version(1, 2), 1), (Version(1, 2), 1)}),
        {Version(1, 2): 3}[Version(1, 2)],
    )


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor, None])
def test_equal_ones_are_one_key(base: Any) -> None:
    registry = (vartrack.stock if base else vartrack.sound).derive("made keys")
    if base is not None:
        registry.register(
            type("Made", (base,), {"types": (Version,), "fields": ("major", "minor")})
        )
    for program in (told_apart, in_tuples):
        values = lambda: [Version(1, 2), Version(2, 0), Version(0, 5), Version(1, 2)]  # noqa: E731
        assert outcome(registry, program, values).status == "right"


class Beside(Version):
    """One that is equal to a number too, and has the hash of its base."""

    def __init__(self, major: int) -> None:
        super().__init__(major, 0)

    def __eq__(self, other: object) -> bool:
        return self.major == getattr(other, "major", other)

    def __hash__(self) -> int:
        return hash(self.major)


class Derived(Version):
    """Its ``__hash__`` is that of its base."""


def beside_numbers(x: torch.Tensor, v: Any) -> Any:
    key = Beside(v.major)
    found = {1: 5}.get(key, 9), {key: 5}.get(1, 9)
    return x + 1, found, 1 in {key}, key in {1, "a"}, key in {2: 3}


def of_the_base(x: torch.Tensor, v: Any) -> Any:
    key = Derived(v.major, v.minor)
    return (
        x + 1,
        key in {Derived(1, 2)},
        {key: 1}.get(Derived(2, 0)),
        hash(key) == hash((key.major, key.minor)),
    )


@pytest.mark.parametrize("program", [beside_numbers, of_the_base])
def test_who_hashes_in_python_is_a_key_by_what_it_says(program: Any) -> None:
    values = lambda: [Version(1, 2), Version(2, 0), Version(1, 2)]  # noqa: E731
    assert outcome(vartrack.sound, program, values).status == "right"
