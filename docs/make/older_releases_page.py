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
from vartrack.bases.tracing.operations import ANSWERED
from vartrack.bases.tracing.slots import Slots
from vartrack.compat import release
from vartrack.compat.hooks import RENAMED
from vartrack.compat.paths import paths

__all__ = ["FOLDER", "page", "slots"]

FOLDER = Path(__file__).parent / "slots"

_HEAD = """\
# Older releases of torch

<!-- made by docs/make/older_releases_page.py -->

The categories are built as torch builds them on every release that is known. Users' types, the
ready-made sets and `vartrack.sound` stand on what torch asks trackers, which older releases ask
otherwise, or not at all.

## What is not had

The tests of users' types and of `vartrack.sound` are not run to the end on 2.10, 2.11 and 2.12
yet, so that this list is not complete. What is known:

- `vartrack.sound` does not notice all facts up to 2.12, where functions of torch are lacking by
  which they would be noted: which kinds, the warning VT308 says at `install`, and
  `vartrack.sound.kinds` leaves them out. On 2.10 and 2.11 at least 25 programs are not noticed:
  names of classes, attributes of metaclasses, the text of an OrderedDict, the default `==` by
  identity.
- On 2.10 a class attribute that a class method of a registered type reads is not guarded.
- On 2.10 and 2.11 `Decimal.from_float`, `copy.copy` of a registered value and `hash(5)` break
  the graph.
- The set `thrift` was not tested on 2.10 and 2.11. Up to 2.12 writing to a dict is as torch has it.
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
    yield "## How torch reaches each slot"
    yield ""
    yield f"| slot | {' | '.join(releases)} |"
    yield f"|---|{'---|' * len(releases)}"
    for slot in slots():
        ways = (found[one].get(slot, "") for one in releases)
        yield f"| `{slot}` | {' | '.join(ways)} |"


def _listed(lists: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    """How many tests fail for which reason; ``tests/helpers/lacking/`` has them one by one."""
    yield f"| what | {' | '.join(lists)} |"
    yield f"|---|{'---|' * len(lists)}"
    for reason in sorted({reason for one in lists.values() for reason in one}):
        counts = (str(len(lists[one].get(reason, ())) or "") for one in lists)
        yield f"| {reason} | {' | '.join(counts)} |"
    yield f"| all | {' | '.join(str(sum(map(len, one.values()))) for one in lists.values())} |"
    yield ""


if __name__ == "__main__":
    if "--slots" in sys.argv[1:]:
        file = FOLDER / f"{release.minor(release.RUNNING)}.json"
        file.write_text(json.dumps(slots(), indent=1) + "\n")
    else:
        print("\n".join(page()))
