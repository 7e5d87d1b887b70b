"""``vartrack compare``: a target on torch's own builder and on vartrack, side by side."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from vartrack.commands.on_target import (
    DYNAMIC,
    EXIT_STATUS,
    add_options,
    forgiving,
    loaded,
    reporting,
)
from vartrack.comparison import compare_calls
from vartrack.explanation.target import targets

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "compare",
        help="what torch's own builder and vartrack make of the same calls, and where they differ",
        description="Run TARGET through torch's own builder and through vartrack, and show what "
        "differs: results first, then graphs, then the rest.",
        epilog=f"{EXIT_STATUS} It is 1 as well if something differs, or if every call raised.",
    )
    add_options(parser)
    parser.set_defaults(run=reporting(_run))


def _run(options: argparse.Namespace) -> int:
    with loaded(options) as (target, registry):
        found = compare_calls(
            target.call,
            target.calls,
            fullgraph=options.fullgraph,
            dynamic=DYNAMIC[options.dynamic],
            registry=registry,
        )
    forgiving(sys.stdout)
    print(found)
    if target.returned and found and not found.vartrack.graphs():
        raise targets.nothing_in_it(options.target, target.returned)
    raised = all(outcome.error is not None for outcome in found.vartrack.outcomes)
    return 1 if raised or not found else 0
