"""``vartrack suggest``: what to register for a value, if anything."""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import Any

from rich.console import Console

from vartrack.commands.on_target import printed, progress, reporting
from vartrack.commands.on_value import value_of
from vartrack.errors import TargetError
from vartrack.explanation.target import targets
from vartrack.suggestion import Suggestion, suggest

__all__ = ["add"]

#: The width of plain text.
_WIDTH = 120


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "suggest",
        help="what to register for a value, if anything",
        description="Try what torch alone does with the value that TARGET names, and with the "
        "visitor that fits it: which base to take and why, the visitor as text to paste, what to "
        "give as key, and what a check costs. Methods without parameters are called on copies.",
        epilog="Exit status: 0, or 2 if a target or an option is bad.",
    )
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py:NAME or PACKAGE.MODULE:NAME of a value, or of a function without parameters "
        "that returns one.",
    )
    parser.add_argument(
        "others",
        metavar="OTHER",
        nargs="*",
        help="more values of the type to compare it with: changed ones, and ones that are equal "
        "and yet behave differently",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=reporting(_run, ran=()))


def _run(options: argparse.Namespace) -> int:
    # Whatever the target prints must not end up in the JSON.
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        found = _suggested(options)
    printed(lambda width: [found], found.to_json() if options.json else None, _WIDTH)
    return 0


def _suggested(options: argparse.Namespace) -> Suggestion:
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(progress(Console(stderr=True)))
        values = []
        for target in (options.target, *options.others):
            stack.enter_context(targets.importable(target))
            tell(f"importing {target}")
            values.append(value_of(target))
        tell(f"trying {options.target}")
        try:
            return suggest(*values)
        except TypeError as error:
            raise TargetError("VT412", f"{error}.", "name values of one type.") from None
