"""``vartrack explain``: what every value of a compile became, and what stood in the way."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from vartrack.commands.on_target import (
    DYNAMIC,
    EXIT_STATUS,
    add_options,
    forgiving,
    loaded,
    reporting,
    write,
)
from vartrack.explanation import targets
from vartrack.explanation.explanation import Explanation
from vartrack.explanation.running import explain_calls
from vartrack.explanation.selecting import ALL, SORTS, Selection
from vartrack.explanation.text import WIDTH, as_text, full, guard_list, summary

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
    shown.add_argument("--depth", type=int, metavar="N", help="at most N levels of the tree")
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


def _run(options: argparse.Namespace) -> int:
    # Whatever the target prints must not end up in the JSON.
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        found, returned = _explain(options)
    if options.html is not None:
        write(options.html, found.to_html(redact=options.redact))
    if options.output is not None:
        write(options.output, _text(found, options, "utf-8"))
    else:
        _print(found, options)
    if returned and not found.graphs and not found.error:
        raise targets.rubbish(options.target, f"{returned}, and has no operation to compile")
    return 0 if found.ran else 1


def _explain(options: argparse.Namespace) -> tuple[Explanation, str]:
    with _progress(Console(stderr=True)) as tell, loaded(options, tell) as (target, registry):
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


def _print(found: Explanation, options: argparse.Namespace) -> None:
    forgiving(sys.stdout)
    screen = Console(highlight=False)
    try:
        if screen.is_terminal and not options.json:
            for piece in _pieces(found, options, screen.width):
                screen.print(piece, soft_wrap=True)
        else:
            print(_text(found, options, sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough, `head` for one
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _text(found: Explanation, options: argparse.Namespace, encoding: str) -> str:
    if options.json:
        return found.to_json(redact=options.redact)
    width = int(os.environ.get("COLUMNS") or WIDTH)
    return as_text(_pieces(found, options, width), width, encoding)


def _pieces(
    found: Explanation, options: argparse.Namespace, width: int
) -> Iterable[RenderableType]:
    selection = Selection(options.depth, options.only, options.mine, options.sort)
    if options.guards:
        return guard_list(found, width)
    if options.full or selection != ALL:
        return full(found, width, selection)
    return summary(found, width)


@contextlib.contextmanager
def _progress(errors: Console) -> Iterator[Callable[[str], None]]:
    """A line on the standard error that says how far it is, if that is a terminal."""
    if not errors.is_terminal:
        yield lambda text: None
        return
    with errors.status("starting") as status:
        yield lambda text: status.update(Text(text))
