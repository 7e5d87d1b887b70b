"""``vartrack explain``: what every value of a compile became, and what stood in the way."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from vartrack.commands.on_target import (
    DYNAMIC,
    EXIT_STATUS,
    add_options,
    loaded,
    plain_width,
    printed,
    progress,
    reporting,
    write,
)
from vartrack.explanation.explanation import Explanation
from vartrack.explanation.report.selecting import ALL, SORTS, Selection
from vartrack.explanation.running.running import explain_calls
from vartrack.explanation.target import targets
from vartrack.explanation.text import (
    ON_COMMAND_LINE,
    WIDTH,
    as_text,
    full,
    guard_list,
    summary,
)

__all__ = ["add"]

#: Seconds for which guards are measured, and if it is they that are asked for.
_MEASURED, _MEASURED_LONG = 2.0, 20.0


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="what every value of a compile became, why, under which guards, at what cost",
        description="Compile TARGET with a backend that does nothing, and show what stood in the "
        "way of one graph, why code was compiled again, and which values and guards are dear; with "
        "--full what every value became.",
        epilog=EXIT_STATUS,
    )
    add_options(parser)
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("--full", action="store_true", help="every value, as a tree, and all else")
    shown.add_argument(
        "--only",
        default="",
        metavar="PATTERN",
        help="values whose source matches, such as '*.attn'",
    )
    shown.add_argument("--mine", action="store_true", help="values of your own modules")
    shown.add_argument("--depth", type=_levels, metavar="N", help="at most N levels of the tree")
    shown.add_argument("--sort", choices=list(SORTS), default="", help="what comes first")
    shown.add_argument("--guards", action="store_true", help="every guard, the dearest first")
    shown.add_argument("--json", action="store_true", help="JSON, for programs")
    shown.add_argument(
        "--output", type=Path, metavar="FILE", help="write the text or the JSON into FILE"
    )
    shown.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with all of it into FILE as well"
    )
    shown.add_argument(
        "--redact",
        action="store_true",
        help="leave the values of the program out of the JSON and the page",
    )
    parser.set_defaults(run=reporting(_run))


def _levels(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of levels")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    # Whatever the target prints must not end up in the JSON.
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        found, returned = _explain(options)
    if options.html is not None:
        write(options.html, found.to_html(redact=options.redact))
    if options.output is not None:
        write(options.output, _text(found, options))
    else:
        as_json = found.to_json(redact=options.redact) if options.json else None
        printed(lambda width: _pieces(found, options, width), as_json, WIDTH)
    if returned and not found.graphs and not found.error:
        raise targets.nothing_in_it(options.target, returned)
    return 0 if found.ran else 1


def _explain(options: argparse.Namespace) -> tuple[Explanation, str]:
    with progress(Console(stderr=True)) as tell, loaded(options, tell) as (target, registry):
        found = explain_calls(
            target.call,
            target.calls,
            registry=registry,
            target=options.target,
            fullgraph=options.fullgraph,
            dynamic=DYNAMIC[options.dynamic],
            guard_seconds=_MEASURED_LONG if options.guards else _MEASURED,
            progress=tell,
        )
        return found, target.returned


def _text(found: Explanation, options: argparse.Namespace) -> str:
    if options.json:
        return found.to_json(redact=options.redact)
    width = plain_width(WIDTH)
    return as_text(_pieces(found, options, width), width)


def _pieces(
    found: Explanation, options: argparse.Namespace, width: int
) -> Iterable[RenderableType]:
    selection = Selection(options.depth, options.only, options.mine, options.sort)
    if options.guards:
        return guard_list(found, width)
    if options.full or selection != ALL:
        return full(found, width, selection)
    return summary(found, width, ON_COMMAND_LINE)
