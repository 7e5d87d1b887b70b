"""What a package wrote is evaluated; where that cannot be represented, it is traced instead."""

from __future__ import annotations

import importlib
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from beside_torch import assert_refused, assert_right

import vartrack
from vartrack import ConstantVisitor, SnapshotVisitor
from vartrack.core.user_code.installed import is_installed_file

_PACKAGE = """
class Part:
    def __init__(self, n):
        self.n = n
    def __repr__(self):
        return f"Part({self.n})"

class Name(str):
    pass

class Whole:
    def __init__(self, n):
        self.n = n
        self.names = [Name("a"), Name("b")]
    def __eq__(self, other):
        return isinstance(other, Whole) and other.n == self.n
    def __hash__(self):
        return hash(self.n)
    def __repr__(self):
        return f"Whole({self.n})"
    def __iter__(self):
        return iter(self.names)
    def __add__(self, other):
        return Part(self.n + other)
    @property
    def part(self):
        return Part(self.n)
    def made(self, factor=1):
        return Part(self.n * factor)
    def where(self):
        return f"{self.n} @ {id(self)}"
    def told(self):
        return Part(open(__file__).name)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("lib") / "site-packages"
    folder.mkdir()
    (folder / "wholes_of_a_package.py").write_text(_PACKAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("wholes_of_a_package")
    del sys.modules["wholes_of_a_package"]


def by_items(x: torch.Tensor, v: Any) -> Any:
    return len([*v])


PROGRAMS: tuple[Any, ...] = (
    lambda x, v: v.part.n,
    lambda x, v: v.made(),
    lambda x, v: v.made(3).n,
    lambda x, v: (v + 1).n,
    by_items,
)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
def test_a_result_without_a_form_is_traced(package: Any, base: type) -> None:
    registry = vartrack.stock.derive("wholes")
    registry.register(type("Wholes", (base,), {"types": (package.Whole,)}))
    for program in PROGRAMS:
        assert_right(registry, program, lambda: map(package.Whole, (1, 2, 1)))


@pytest.mark.usefixtures("fresh")
def test_what_can_be_neither_is_refused_by_name(package: Any) -> None:
    registry = vartrack.stock.derive("wholes")
    registry.register(type("Wholes", (ConstantVisitor,), {"types": (package.Whole,)}))
    assert_refused(
        registry,
        lambda x, v: v.told().n,
        lambda: map(package.Whole, (1, 2)),
        "wholes_of_a_package.Whole.told gives a wholes_of_a_package.Part",
    )


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
def test_an_address_in_figures_is_one(package: Any, base: type) -> None:
    """As in the ``repr`` of a tag of packaging: it was that of the first value for ever."""
    registry = vartrack.stock.derive("wholes")
    registry.register(type("Wholes", (base,), {"types": (package.Whole,)}))
    with vartrack.use(registry):
        run = torch.compile(lambda x, v: (x + 1, v.where()), backend="eager")
        for value in (package.Whole(1), package.Whole(1), package.Whole(2)):
            assert run(torch.ones(1), value)[1] == value.where()


def test_a_package_below_another_environment_is_installed() -> None:
    """With ``--system-site-packages``, torch's own code was taken for the user's."""
    for file in (torch.__file__, torch._dynamo.__file__, "/usr/lib/python3/dist-packages/a.py"):
        assert is_installed_file(file)
    assert is_installed_file(f"{sysconfig.get_path('stdlib')}/json/__init__.py")
    assert is_installed_file("/home/me/base/lib/python3.12/site-packages/requests/api.py")
    assert not is_installed_file("/home/me/site/package.py")
