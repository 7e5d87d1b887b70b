"""``vartrack audit``: what a target relies on without a guard, and whether that changed."""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from vartrack.auditing import AuditReport, audit
from vartrack.auditing.running import make_calls
from vartrack.auditing.text import ON_COMMAND_LINE, report_text
from vartrack.commands.on_target import (
    DYNAMIC,
    EXIT_STATUS,
    add_options,
    loaded,
    printed,
    progress,
    reporting,
    write,
)
from vartrack.defaults import stock
from vartrack.explanation.text import WIDTH

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "audit",
        help="what torch.compile relies on without a guard, and which of it changed",
        description="Compile TARGET as torch does, with a backend that does nothing, make its "
        "calls one after the other, and show what they relied on without a guard: which facts had "
        "changed although what was compiled ran, so that the answer may be old. A function without "
        "parameters that compiles by itself is run as it is.",
        epilog=f"{EXIT_STATUS} It is 1 as well if an answer may be old.",
    )
    add_options(parser)
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("--full", action="store_true", help="every fact, changed or not")
    shown.add_argument("--json", action="store_true", help="JSON, for programs")
    shown.add_argument("--output", type=Path, metavar="FILE", help="write JSON into FILE as well")
    parser.set_defaults(run=reporting(_run))


def _run(options: argparse.Namespace) -> int:
    # Whatever the target prints must not end up in the JSON.
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        found = _audited(options)
    if options.output is not None:
        write(options.output, found.to_json())
    as_json = found.to_json() if options.json else None
    text = functools.partial(report_text, found, full=options.full, more=ON_COMMAND_LINE)
    printed(text, as_json, WIDTH)
    return 0 if found and not found.error and found.compiles else 1


def _audited(options: argparse.Namespace) -> AuditReport:
    with (
        progress(Console(stderr=True)) as tell,
        audit(options.target) as report,
        loaded(options, tell, usual=stock) as (target, _),
    ):
        if not (target.returned and report.compiles):  # a program that compiles by itself has run
            tell(f"running {options.target}")
            make_calls(
                report,
                target.call,
                target.calls,
                fullgraph=options.fullgraph,
                dynamic=DYNAMIC[options.dynamic],
            )
    return report
