"""``vartrack diff``: two explanations from files of JSON, side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from vartrack.commands.on_target import forgiving, reporting
from vartrack.comparison.explanations import diff
from vartrack.errors import TargetError
from vartrack.explanation import Explanation

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "diff",
        help="what differs between two explanations",
        description="Hold two explanations side by side, each from a file that "
        "vartrack explain --json --output FILE wrote: on two registries, on two releases of torch, "
        "or before and after a change.",
        epilog="Exit status: 0 if they are equal, but for times; 1 if they differ; 2 if there is "
        "no such file, or no explanation in it.",
    )
    parser.add_argument("one", type=Path, metavar="ONE", help="a file of JSON")
    parser.add_argument("other", type=Path, metavar="OTHER", help="another")
    parser.set_defaults(run=reporting(_run))


def _run(options: argparse.Namespace) -> int:
    found = diff(_read(options.one), _read(options.other))
    forgiving(sys.stdout)
    print(found)
    return 0 if found else 1


def _read(file: Path) -> Explanation:
    try:
        return Explanation.load(file)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise TargetError(
            "VT426",
            f"{file} is no explanation: {why}",
            "name a file that `vartrack explain TARGET --json --output FILE` wrote.",
        ) from None
