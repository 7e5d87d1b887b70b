"""The page on older releases says how torch reaches each slot, and what is not had on which."""

from __future__ import annotations

import json
from pathlib import Path

import lacking
import older_releases_page
import pytest

from vartrack import compat
from vartrack.compat import release

ROOT = Path(__file__).parents[2]
RELEASES = [release.minor(one) for one in compat.KNOWN]


def test_the_slots_of_the_running_release_are_as_written_down() -> None:
    """``python docs/make/older_releases_page.py --slots`` writes them anew."""
    file = older_releases_page.FOLDER / f"{release.minor(compat.RUNNING)}.json"
    assert json.loads(file.read_text()) == older_releases_page.slots()


def test_the_page_is_as_it_is_made() -> None:
    made = "\n".join(older_releases_page.page()) + "\n"
    assert (ROOT / "docs/project/older-releases.md").read_text() == made


@pytest.mark.parametrize("running", RELEASES)
def test_what_is_not_had_is_a_test_that_there_is(running: str) -> None:
    """Each with one reason, in a file that exists."""
    tests = [test for one in lacking.lists(running).values() for test in one]
    assert len(tests) == len(set(tests))
    for test in tests:
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(), test
