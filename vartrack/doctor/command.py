"""``python -m vartrack doctor``: what the examination found, on a terminal or as JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from vartrack.compat.release import KNOWN, minor
from vartrack.doctor import proved
from vartrack.doctor.examination import Examination, examine, record

__all__ = ["Prove", "add_to", "run", "short_list"]

#: Runs the proof: is told how many builds are done and of how many, and gives what came of it.
#: `vartrack.proof` has it, where vartrack can be imported at all.
Prove = Callable[[Callable[[int, int], None]], Any]

_KINDS = {
    "name": "names that are missing",
    "signature": "calls that do not fit",
    "guard": "kinds of guard",
    "hook": "hooks of trackers that torch never asks",
    "protocol": "what a tracer must offer",
    "face": "names that install() replaces",
    "class": "classes that are derived otherwise, or have other fields",
    "setting": "settings with another default",
    "branch": "branches of torch's builder",
}


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser(
        "doctor",
        help="whether vartrack fits the installed torch, and what drifted",
        description="Hold the installed torch against the nearest release that vartrack knows: "
        "names, signatures, classes, guards, hooks, settings, and the branches of torch's builder. "
        "Nothing is compiled, except with --prove.",
        epilog="Exit status: 0 if nothing drifted, 1 if something did or could not be read, 2 if "
        "what was asked for cannot be done or written.",
    )
    parser.add_argument(
        "--prove",
        action="store_true",
        help="build the example of every category with torch's builder and with vartrack's as "
        "well; if all are equal, install() accepts exactly this torch from then on",
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
        type=_known,
        metavar="RELEASE",
        help="leave out the evidence of this release, as if it were not known",
    )


def _known(text: str) -> str:
    """The known release that ``text`` names, with a patch as it is, or without one."""
    for one in KNOWN:
        if text in (one, minor(one)):
            return one
    raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(KNOWN)}")


def run(options: argparse.Namespace, prove: Prove | None = None) -> int:
    """Run the command, and give its exit status.

    Args:
        options: what `add_to` had parsed.
        prove: runs the proof; None where vartrack cannot be imported.
    """
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
    proof = None
    if options.prove and prove is not None:
        with _counting(errors) as count:
            proof = prove(count)
    if options.json:
        told = {"proof": proof.to_dict()} if proof is not None else {}
        print(json.dumps({**found.to_dict(), **told}, indent=1))
    else:
        screen = Console(highlight=False)
        _show(screen, found)
        if proof is not None:
            _show_proof(screen, proof)
    if options.prove and not _settle(errors, proof):
        return 2
    return 0 if found.passed and (proof is None or proof.passed) else 1


def _settle(errors: Console, proof: Any) -> bool:
    """Remember a proof that passed; whether all could be done."""
    if proof is None:
        errors.print("nothing can be proved: vartrack cannot be imported here", style="red")
        return False
    if not proof.passed:
        return True
    try:
        where = proved.remember(proof.builds)
    except OSError as error:
        text = f"the proof passed, but cannot be remembered: {error}; set XDG_STATE_HOME"
        errors.print(Text(text), style="red")
        return False
    errors.print(Text(f"install() accepts this torch from now on, as {where} says"))
    return True


@contextlib.contextmanager
def _counting(errors: Console) -> Iterator[Callable[[int, int], None]]:
    """A bar that fills with the builds."""
    columns = TextColumn("building every example"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("")
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _show_proof(screen: Console, proof: Any) -> None:
    equal = proof.builds - len(proof.differences)
    text = f"{equal} of {proof.builds} builds are what torch's own builder makes."
    screen.print(text, style="green" if proof.passed else "red")
    if proof.differences:
        table = Table("row", "example", "how", "what differs", title="builds that differ")
        table.title_justify = "left"
        for one in proof.differences:
            table.add_row(*map(Text, (one.row, one.example, one.how, one.what)))
        screen.print(table)


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
