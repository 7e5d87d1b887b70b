"""A patch knows what it changed, and gives back exactly that."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator

import pytest

from vartrack.errors import InstallError
from vartrack.installation.patch import Patch


class Own: ...


class Ours: ...


@pytest.fixture
def home() -> Iterator[types.ModuleType]:
    """A module that defines a part, and one that imported it under another name."""
    home, user = types.ModuleType("patched_home"), types.ModuleType("patched_user")
    home.Part = Own
    user.Other = Own
    user.Mine = Ours
    sys.modules.update({module.__name__: module for module in (home, user)})
    yield home
    for module in (home, user):
        del sys.modules[module.__name__]


def user() -> types.ModuleType:
    return sys.modules["patched_user"]


def test_all_is_put_in_place_and_given_back(home: types.ModuleType) -> None:
    """Names in the home and elsewhere."""
    patch = Patch(home, {"Part": (Own, Ours)})
    for _ in range(2):
        patch.apply()
        assert patch.is_applied and home.Part is user().Other is user().Mine is Ours
        patch.revert()
        assert not patch.is_applied and home.Part is user().Other is Own
        assert user().Mine is Ours  # its own from before


def test_what_was_taken_over_meanwhile_is_given_back(home: types.ModuleType) -> None:
    """A module that is imported while the patch is in place may hold what stands in."""
    patch = Patch(home, {"Part": (Own, Ours)})
    patch.apply()
    user().Late = home.Part
    late = types.ModuleType("patched_late")
    late.Part = home.Part
    sys.modules["patched_late"] = late
    try:
        patch.revert()
        assert late.Part is Own
    finally:
        del sys.modules["patched_late"]


def test_what_somebody_else_replaced_stays_theirs(home: types.ModuleType) -> None:
    """In the home it is an error before anything is changed; elsewhere it is let be."""
    patch = Patch(home, {"Part": (Own, Ours)})
    patch.apply()
    user().Other = theirs = object()
    patch.revert()
    assert user().Other is theirs and home.Part is Own
    home.Part = theirs
    with pytest.raises(InstallError, match="VT304"):
        patch.apply()
    assert home.Part is theirs and not patch.is_applied
