"""``python -m vartrack doctor``: what the examination found, on a terminal or as JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vartrack.doctor.examination import Examination, examine, record

__all__ = ["add_to", "run", "short_list"]

_KINDS = {
    "name": "names that are missing",
    "signature": "calls that do not fit",
    "guard": "kinds of guard",
    "hook": "hooks of trackers that torch never asks",
    "protocol": "what a tracer must offer",
    "face": "names that install() replaces",
    "branch": "branches of torch's builder",
}


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser(
        "doctor",
        help="whether vartrack fits the installed torch, and what drifted",
        description="Hold the installed torch against the nearest release that vartrack knows: "
        "names, signatures, guards, hooks, and the branches of torch's builder. Nothing is "
        "compiled.",
        epilog="Exit status: 0 if nothing drifted, 1 if something did or could not be read, 2 if "
        "the evidence cannot be written.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument(
        "--record",
        action="store_true",
        help="write the evidence file of the installed release, for those who develop vartrack",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="RELEASE",
        help="leave out the evidence of this release, as if it were not known",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command, and give its exit status."""
    errors = Console(stderr=True)
    if options.record:
        try:
            print(record())
        except (LookupError, OSError) as error:
            errors.print(Text(f"no evidence was written: {error}"), style="red")
            return 2
        return 0
    with _progress(errors) as tell:
        found = examine(without=options.without, tell=tell)
    if options.json:
        print(json.dumps(found.to_dict(), indent=1))
    else:
        _show(Console(highlight=False), found)
    return 0 if found.passed else 1


@contextlib.contextmanager
def _progress(errors: Console) -> Iterator[Callable[[str], None]]:
    if not errors.is_terminal:
        yield lambda text: None
        return
    with errors.status("looking at torch") as status:
        yield lambda text: status.update(Text(f"looking at {text}"))


def _show(screen: Console, found: Examination) -> None:
    known = "known" if found.known else "not known"
    screen.print(Text(f"torch {found.torch} ({known}), held against {found.against or 'nothing'}"))
    if found.same_files:
        screen.print("Every file that matters is as it was there.")
    for text in found.unread:
        screen.print(Text(f"not read: {text}"), style="yellow", soft_wrap=True)
    for kind, title in _KINDS.items():
        drift = [one for one in found.drift if one.kind == kind]
        if not drift:
            continue
        table = Table("what", "how", "needed at", "visitors", title=f"{title} ({len(drift)})")
        table.title_justify = "left"
        for one in drift:
            places = "\n".join(map(str, one.places[:3]))
            table.add_row(*map(Text, (one.what, one.why, places, ", ".join(one.visitors[:3]))))
        screen.print(table)
    if found.passed:
        screen.print("Nothing drifted.", style="green")
    elif found.drift:
        screen.print(f"{len(found.drift)} things drifted.", style="red")


def short_list(found: Examination, most: int = 5) -> str:
    """What drifted, in a few lines: first what has a visitor that would suffer."""
    first = sorted(found.drift, key=lambda one: (one.kind == "branch", not one.visitors))
    lines = [f"  {one}" for one in first[:most]]
    if len(first) > most:
        lines.append(f"  and {len(first) - most} more")
    return "\n".join((*lines, *(f"  not read: {text}" for text in found.unread)))
