"""Writes the page on older releases of torch: the ways to each slot, and what is not had.

python docs/make/older_releases_page.py --slots     # on each release, first
python docs/make/older_releases_page.py > docs/project/older-releases.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "helpers")]

import lacking

from vartrack import compat
from vartrack.bases.tracing.folded.answered import ANSWERED
from vartrack.bases.tracing.folded.slots import Slots
from vartrack.compat import release
from vartrack.compat.hooks import RENAMED
from vartrack.compat.paths import paths

__all__ = ["FOLDER", "page", "slots"]

FOLDER = Path(__file__).parent / "slots"
COMPARED = Path(__file__).parent / "compared"

_HEAD = """\
# Older releases of torch

<!-- made by docs/make/older_releases_page.py -->

The categories are built as torch builds them on every release that is known. Users' types, the
ready-made sets and `vartrack.sound` stand on what torch asks trackers, which older releases ask
otherwise, or not at all.

## What is not had

What `vartrack.sound` does not hold is said by the warning VT308 at `install`, with the functions
that torch lacks, and `vartrack.sound.kinds` leaves it out: up to 2.12 `classes`, `identity`,
`containers` and `texts`. A `match` statement that looks into a value of a user's type
breaks the graph on 2.10. Whatever torch alone does not trace breaks the graph as it does there.

The tests that fail on a release are run there all the same, and one that passes is an error.
`tests/helpers/lacking/` has the lists, without the package `tensordict`. What they were made of, in
runs of several days whose failures were mended or listed and then run alone: of 2.10 all rooms,
`thrift`, `sound`, bases and extras at b32e18a, the rest as it was at 58f89f0; of 2.11 all rooms at
08b64b4 (of 9,062 tests of bases, extras and `sound` 8,561 passed, of 1,874 of `thrift` 1,797, and
of 734 of `explain` and its like 728); of 2.12 bases and extras, `sound` and `thrift`, all of them
at 58c1654 (of 10,506 tests that ran there 10,369 passed); of 2.14 all four rooms, at 4b70c28, but
for ten tests of `thrift` under inductor. `sound` was run once more in whole on 2.10 and 2.12 at
ad5d1ef; what failed there, and what the mends since then reach, was run alone at 4af2d2b, the same
tests on 2.11 as well. Bases and extras were run once more in whole on 2.12 at ebb5c38, what is
listed for 2.10 on the way to 3eb9ce7, and the new tests of `sound` alone on 2.10 to 2.12 at
8ce86e1. What has to do with hashes, keys and searches was run alone on 2.10, 2.11 and 2.12 on the
way to 83ae0af, and all that is listed for 2.12 there too. Tests of the last days on methods that
come later, sets, dicts that are made, items in order and constants that are set were run on 2.10
and 2.11 on the way to 6c46f11, and others of these days not. Some of the tools were not run on
2.12. What is listed for 2.10, 2.11 and 2.12 was run once more from fd8b365 on, with all tests of
errors, operands, frozen keys and, on 2.11, of dicts that are written to. `python
tests/helpers/lacking/shares.py` prints how many tests of each room are left. Up to 2.12 writing to
a dict is as torch has it. A reason that begins with "a wrong answer" is one that newer releases do
not give.


"""


def slots() -> dict[str, str]:
    """From each slot that a user's value answers to how the running torch comes to ask it."""
    names = {name for name in vars(Slots) if name.endswith("_impl")} - set(RENAMED.values())
    names |= {"hash_impl", "tp_richcompare_impl", "tp_getattro_impl"}
    return paths(sorted(names), set(ANSWERED.values()))


def page() -> Iterator[str]:
    """The lines of the page."""
    releases = [release.minor(one) for one in compat.KNOWN]
    found = {one: json.loads((FOLDER / f"{one}.json").read_text()) for one in releases}
    yield _HEAD
    lists = {one: lacking.lists(one) for one in releases if lacking.lists(one)}
    if lists:
        yield from _listed(lists)
    yield from _compared(releases)
    yield "## How torch reaches each slot"
    yield ""
    yield f"| slot | {' | '.join(releases)} |"
    yield f"|---|{'---|' * len(releases)}"
    for slot in slots():
        ways = (found[one].get(slot, "") for one in releases)
        yield f"| `{slot}` | {' | '.join(ways)} |"


def _listed(lists: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    """The tests that fail, by reason, and how many that are on each release."""
    yield f"| what | {' | '.join(lists)} |"
    yield f"|---|{'---|' * len(lists)}"
    for reason in sorted({reason for one in lists.values() for reason in one}):
        counts = (str(len(lists[one].get(reason, ())) or "") for one in lists)
        yield f"| {reason} | {' | '.join(counts)} |"
    yield f"| all | {' | '.join(str(sum(map(len, one.values()))) for one in lists.values())} |"
    yield ""
    for running, reasons in lists.items():
        yield f"### One by one on {running}"
        yield ""
        for reason, tests in reasons.items():
            yield f"- {reason}:"
            yield from (f"  - `{test.removeprefix('tests/')}`" for test in tests)
        yield ""


def _compared(releases: list[str]) -> Iterator[str]:
    """What was held against torch's own builder, as ``.ci/other_releases.py --record`` kept it."""
    yield "## What was held against torch"
    yield ""
    yield "| release | what | came of it | commit | day |"
    yield "|---|---|---|---|---|"
    for one in releases:
        file = COMPARED / f"{one}.json"
        kept = json.loads(file.read_text()) if file.is_file() else {}
        for what, found in kept.items():
            line, commit, day = found["line"], found["commit"], found["date"]
            yield f"| {one} | {what} | {line} | {commit} | {day} |"
    yield ""


if __name__ == "__main__":
    if "--slots" in sys.argv[1:]:
        file = FOLDER / f"{release.minor(release.RUNNING)}.json"
        file.write_text(json.dumps(slots(), indent=1) + "\n")
    else:
        print("\n".join(page()))
