"""Which modules hold some objects: found when they come, change or go, as a search of all finds."""

from __future__ import annotations

import gc
import sys
import weakref
from types import ModuleType

import pytest

from vartrack.core.wrapping.holders import Holders

PART, OTHER = object(), object()
PARTS = {id(PART), id(OTHER)}


@pytest.fixture
def module(monkeypatch):
    """A module that is imported, and holds nothing yet."""
    made = ModuleType("vartrack_test_holder")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def found(holders: Holders) -> set[tuple[str, str]]:
    """What it finds; the same as without knowing anything from before."""
    now = {(module.__name__, name) for module, name in holders.of(PARTS)}
    here = {(module, name) for module, name in now if module == "vartrack_test_holder"}
    searched = {
        (module.__name__, name)
        for module in [sys.modules.get("vartrack_test_holder")]
        if module is not None
        for name, value in vars(module).items()
        if id(value) in PARTS
    }
    assert here == searched
    return here


def test_what_comes_changes_and_goes_is_found(module) -> None:
    """Under any name when it comes, and where one is put that was there or is usual."""
    holders = Holders(["usual"])
    assert not found(holders)
    module.odd = PART
    assert len(found(holders)) == 1
    module.odd = None
    assert not found(holders)
    module.odd = OTHER
    module.usual = None
    assert len(found(holders)) == 1
    module.usual = PART
    assert len(found(holders)) == 2
    del module.odd
    assert len(found(holders)) == 1


def test_a_module_in_the_place_of_another_is_another(module, monkeypatch) -> None:
    """It is looked through, whatever the one before it held; and nothing keeps that."""
    holders = Holders([])
    module.odd = PART
    assert found(holders)
    monkeypatch.setitem(sys.modules, module.__name__, ModuleType(module.__name__))
    assert not found(holders)
    sys.modules["vartrack_test_holder"].another = OTHER  # type: ignore[attr-defined]
    assert found(holders)


def test_a_module_is_not_kept() -> None:
    """Nothing of it, once it is no longer imported."""
    holders = Holders(["usual"])
    made = sys.modules["vartrack_test_holder"] = ModuleType("vartrack_test_holder")
    made.usual = PART  # type: ignore[attr-defined]
    try:
        assert found(holders)
    finally:
        del sys.modules["vartrack_test_holder"]
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None


def test_only_modules_that_count_are_looked_at(module) -> None:
    """Others may hold what they like, and nothing that is in ``sys.modules`` is asked."""

    class Odd(ModuleType):
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(name)

    module.odd = PART
    sys.modules["vartrack_test_odd"] = Odd("vartrack_test_odd")
    try:
        counted = Holders([], lambda name, module: not name.startswith("vartrack"))
        names = {module.__name__ for module, _ in counted.of(PARTS)}
        assert names == {__name__}
    finally:
        del sys.modules["vartrack_test_odd"]
