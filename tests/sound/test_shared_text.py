"""The one check of facts about sources reads what several sources begin with once."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from torch._dynamo.source import (
    AttrSource,
    LocalSource,
    Source,
    UnspecializedNNModuleSource,
)

from vartrack.soundness.facts.reads import Reads


class Told:
    """A tree whose parts tell that they were read."""

    def __init__(self, read: Counter[str], path: str = "") -> None:
        self.read, self.path = read, path

    def __getattr__(self, name: str) -> Told:
        path = f"{self.path}.{name}"
        self.read[path] += 1
        return Told(self.read, path)


def source(path: str) -> Source:
    here: Source = LocalSource("tree")
    for name in path.split("."):
        here = AttrSource(here, name)
    return here


@pytest.mark.parametrize(
    "paths",
    [
        ["a.b.c", "a.b.d", "a.b.c.e"],
        ["a", "a.b", "a", "a.b.c", "a.b"],
        ["ab.c", "a.b", "abc"],
        ["a"],
    ],
)
def test_each_is_read_as_it_is_alone_and_no_part_twice(paths: list[str]) -> None:
    sources = [source(path) for path in paths]
    reads = Reads(sources)
    text = ", ".join(reads.text(one) for one in sources)
    read = Counter[str]()
    values: Any = eval(f"lambda L: ({text},)")({"tree": Told(read)})
    assert [value.path for value in values] == [f".{path}" for path in paths]
    assert set(read.values()) == {1}


def test_two_sources_of_one_name_are_read_once() -> None:
    """One says of the other where it is, and reads the same. Each variable holds one value."""
    module = source("module")
    inside = UnspecializedNNModuleSource(module)
    others = [AttrSource(inside, "a"), AttrSource(module, "b"), source("x.y"), source("x.z")]
    sources = [inside, module, *others]
    reads = Reads(sources)
    text = ", ".join(reads.text(one) for one in sources)
    read = Counter[str]()
    values: Any = eval(f"lambda L: ({text},)")({"tree": Told(read)})
    paths = [".module", ".module", ".module.a", ".module.b", ".x.y", ".x.z"]
    assert [value.path for value in values] == paths
    assert set(read.values()) == {1}
    held = re.findall(r"(\w+) :=", text)
    assert len(held) == len(set(held))


def test_what_only_one_source_reads_is_not_held() -> None:
    alone = source("a.b")
    assert Reads([alone]).text(alone) == alone.name
