"""The packaging set: every version, specifier and requirement beside torch alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import assert_right, outcome, registry_with
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version, parse

from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

TWO = Version("2.1.5")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with("packaging")


def versions(*texts: str) -> Callable[[], list[Version]]:
    return lambda: [Version(text) for text in texts]


#: Some are equal and have different texts.
SOME = versions("2.1", "2.1.0", "2.2", "2.1", "3.0rc1", "1!2.1+local.7")
MANY = versions(*(f"1.{minor}.3" for minor in range(12)))
#: As many as torch compiles for, where it has no symbols: on a module, say.
SEVERAL = versions(*(f"1.{minor}.3" for minor in range(7)))


def changed_requirement() -> Iterator[Requirement]:
    value = Requirement("a>=1")
    yield value
    value.name = "other"
    yield value
    value.specifier = SpecifierSet("<0")
    yield value
    value.extras.add("extra")
    yield value


def changed_set() -> Iterator[SpecifierSet]:
    value = SpecifierSet(">=1")
    yield value
    value.prereleases = True
    yield value


def read_twice() -> Iterator[Version]:
    value = Version("2.1")
    yield from (value, value)
    hash(value)
    yield from (value, value)


SETS = [SpecifierSet(text) for text in (">=2.1,<3", "<2", "<3,>=2.1", ">=2.1.0")]
RIGHT: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "carried": (lambda x, v: (x + 1, v), MANY),
    "is None": (lambda x, v: x + 1 if v is None else x - 1, MANY),
    "isinstance": (lambda x, v: x + 1 if isinstance(v, Version) else x - 1, MANY),
    "one part": (lambda x, v: x * v.minor, SEVERAL),
    "a part that stays": (lambda x, v: x * v.major + v.micro, SEVERAL),
    "a part compared": (lambda x, v: x + 1 if v.minor > 5 else x, SEVERAL),
    "compared": (lambda x, v: x + 1 if v > TWO else x - 1, SOME),
    "many compared": (lambda x, v: x + 1 if v > TWO else x - 1, SEVERAL),
    "compared with a new one": (lambda x, v: x + 1 if v >= Version("2.1.1") else x, SOME),
    "equal": (lambda x, v: (x + 1, v == Version("2.1"), v != TWO), SOME),
    "texts": (lambda x, v: (x + 1, str(v), repr(v), f"{v}", v.public, v.base_version), SOME),
    "parts": (lambda x, v: (x + 1, v.release, v.pre, v.is_prerelease, v.epoch, v.local), SOME),
    "key of a dict": (lambda x, v: (x + 1, {TWO: 1, v: 2}[v], v in {TWO}), SOME),
    "in a list": (lambda x, v: x + 1 if v in [TWO] else x, versions("2.1.5", "2.1", "2.1.5.0")),
    "parsed": (lambda x, v: x + 1 if parse(v) > TWO else x, lambda: ["1.0", "2.2", "1.0"]),
    "specifier": (
        lambda x, v: (x + 1, v.contains("2.1"), TWO in v, v.operator, v.version, str(v)),
        lambda: [Specifier(text) for text in (">=2.1", "<2", ">=2.1", ">=2.1.0")],
    ),
    "specifiers carried": (lambda x, v: (x, v), lambda: [Specifier(f">={n}") for n in range(12)]),
    "set": (lambda x, v: (x + 1, v.contains("2.1"), TWO in v, str(v), len(v)), lambda: SETS),
    "set changed": (lambda x, v: (x + 1, v.contains("2rc1"), v.prereleases), changed_set),
    "sets joined": (lambda x, v: (x + 1, str(v & SpecifierSet("!=2.2"))), lambda: SETS),
    "requirement": (
        lambda x, v: (x + 1, v.name, str(v.specifier), sorted(v.extras), str(v)),
        lambda: [Requirement(text) for text in ("a>=1", "b[c]>=1", "a>=1")],
    ),
    "requirement changed": (
        lambda x, v: (x + 1, v.name, str(v.specifier), sorted(v.extras)),
        changed_requirement,
    ),
    "requirements carried": (
        lambda x, v: (x, v),
        lambda: [Requirement(f"a>={n}") for n in range(12)],
    ),
    "marker": (
        lambda x, v: (x + 1, str(v), v.evaluate({"os_name": "nt"})),
        lambda: [Marker("python_version>'3'"), Marker("os_name=='nt'")],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_no_dearer_than_with_torch_alone(registry: Registry, name: str) -> None:
    assert_right(registry, *RIGHT[name])


def test_a_cache_that_fills_itself_is_no_change(registry: Registry) -> None:
    """torch alone compiles again once the version has compared itself."""

    def program(x: torch.Tensor, v: Version) -> torch.Tensor:
        return x + 1 if v < TWO else x - 1

    assert outcome(registry, program, read_twice).graphs == 1
    assert outcome(None, program, read_twice).graphs > 1


def test_a_text_of_a_part_that_changed_is_evaluated(registry: Registry) -> None:
    """torch alone cannot make a text of a number once that is a symbol."""

    def program(x: torch.Tensor, v: Version) -> Any:
        return x + 1, str(v)

    values = versions("1.1", "1.2", "1.3")
    assert outcome(None, program, values).status == "refused"
    assert outcome(registry, program, values) == ("right", 3, "")


def test_equal_versions_with_different_texts_are_told_apart(registry: Registry) -> None:
    values = versions("2.1", "2.1.0", "2.1")
    assert Version("2.1") == Version("2.1.0")
    assert outcome(registry, lambda x, v: (x + 1, str(v)), values) == ("right", 2, "")


def test_what_is_set_while_tracing_counts(registry: Registry) -> None:
    def program(x: torch.Tensor, v: Requirement) -> Any:
        v.name = "renamed"
        return x + 1, str(v), v.name

    assert_right(registry, program, lambda: [Requirement("a>=1"), Requirement("b>=1")])
