"""``vartrack explain``: what every value of a compile became, and what stood in the way."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from vartrack.commands.on_target import (
    DYNAMIC,
    EXIT_STATUS,
    add_options,
    forgiving,
    loaded,
    reporting,
)
from vartrack.explanation import targets
from vartrack.explanation.report import Explanation
from vartrack.explanation.running import explain_call
from vartrack.explanation.showing import WIDTH, as_text

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="what every value of a compile became, why, under which guards, at what cost",
        description="Compile TARGET with a backend that does nothing, and show what every value "
        "became: its type, visitor, tracker and guards, whether it is a graph input, and the time.",
        epilog=EXIT_STATUS,
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=reporting(_run))


def _run(options: argparse.Namespace) -> int:
    # Whatever the target prints must not end up in the JSON.
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        found, returned = _explain(options)
    try:
        _print(found, options.json)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough, `head` for one
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if returned and found.ran and not found.graphs:
        raise targets.rubbish(options.target, f"{returned}, and has no operation to compile")
    return 0 if found.ran else 1


def _explain(options: argparse.Namespace) -> tuple[Explanation, str]:
    with _progress(Console(stderr=True)) as tell, loaded(options, tell) as (target, registry):
        found = explain_call(
            target.call,
            target.args,
            target.kwargs,
            registry=registry,
            target=options.target,
            fullgraph=options.fullgraph,
            dynamic=DYNAMIC[options.dynamic],
            progress=tell,
        )
        return found, target.returned


def _print(found: Explanation, as_json: bool) -> None:
    forgiving(sys.stdout)
    screen = Console(highlight=False)
    if as_json:
        print(found.to_json())
    elif screen.is_terminal:
        screen.print(found)
    else:
        width = int(os.environ.get("COLUMNS") or WIDTH)
        print(as_text(found, width, sys.stdout.encoding or "utf-8"))


@contextlib.contextmanager
def _progress(errors: Console) -> Iterator[Callable[[str], None]]:
    """A line on the standard error that says how far it is, if that is a terminal."""
    if not errors.is_terminal:
        yield lambda text: None
        return
    with errors.status("starting") as status:
        yield lambda text: status.update(Text(text))
