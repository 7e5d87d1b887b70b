"""The page on releases taken for unknown says what the doctor says of the one that runs."""

from __future__ import annotations

from pathlib import Path

import unknown_releases_page

from vartrack import compat
from vartrack.doctor.examination import examine

PAGE = Path(__file__).parents[2] / "docs" / "project" / "unknown-releases.md"


def test_the_page_has_what_the_doctor_finds() -> None:
    """To renew it: python docs/make/unknown_releases_page.py ENVIRONMENT... > the page."""
    found = examine(without=[compat.RUNNING.public])
    row = unknown_releases_page.row(compat.RUNNING.public, found.against, found.drift)
    assert f"{row} {len(found.drift)} |" in PAGE.read_text().splitlines()


def test_all_that_was_found_was_borne_out() -> None:
    """On every release each thing that the doctor says is a difference between the two torches."""
    lines = PAGE.read_text().splitlines()
    for release in compat.KNOWN:
        (line,) = (one for one in lines if one.startswith(f"| {release} | 2."))
        *_, found, borne_out, _ = line.split("|")
        assert int(found) == int(borne_out) > 0
