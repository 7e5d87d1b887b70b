"""docs/reference/categories.md shows both halves of every category, as real builds have them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import builds
import categories_page
import pytest

from vartrack.core.halves import Traced
from vartrack.visitors import STOCK

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "categories.md"


def test_the_page_has_a_section_for_every_visitor() -> None:
    """Nothing in the stock registry is left out."""
    page = categories_page.page()
    for visitor in STOCK:
        assert f"\n### {visitor.__name__}\n" in page


@pytest.mark.skipif(
    builds.release() != "2.13", reason="the page has the names that types have on torch 2.13"
)
def test_the_page_in_the_docs_is_what_was_found() -> None:
    """To renew it: python docs/make/categories_page.py > docs/reference/categories.md."""
    assert PAGE.read_text(encoding="utf-8") == categories_page.page()


def section(name: str) -> str:
    return categories_page.page().split(f"\n### {name}\n")[1].split("\n##")[0]


def test_what_differs_between_halves_and_releases_is_shown() -> None:
    """An ordered dict has two trackers, and a float can become an input."""
    (sourced,) = (line for line in section("OrderedDicts").splitlines() if "With a source" in line)
    (new,) = (line for line in section("OrderedDicts").splitlines() if "Without" in line)
    assert "`OrderedDictVariable`" in sourced and "`ConstDictVariable`" in new
    assert "can be a graph input" in section("Floats")


def test_the_builds_of_this_release_are_those_that_were_kept(tmp_path: Path) -> None:
    """To renew them: python docs/make/builds.py, once on each release. They are made in a process
    of their own, as what other tests import has its trackers too."""
    run = subprocess.run([sys.executable, builds.__file__, str(tmp_path)], capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    kept, now = (found[builds.release()] for found in (builds.read(), builds.read(tmp_path)))
    for half in builds.HALVES:
        assert kept[half] == now[half]


def test_every_visitor_that_can_be_met_was_met() -> None:
    """A half without a single build is one that this machine cannot make a value for."""
    kept = builds.read()[builds.release()]
    here = [visitor for visitor in STOCK if visitor.is_on_torch()]
    met = {name for half in kept.values() for name in half}
    values = {visitor.__name__ for visitor in here if not issubclass(visitor, Traced)}
    assert len(values - met) <= len(values) / 10, sorted(values - met)
