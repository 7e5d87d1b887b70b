"""What the commands share that run a target: its options, and what is said if it is bad."""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

from vartrack import session
from vartrack.core.user_code.interrupts import TimeLimit
from vartrack.defaults import default
from vartrack.dispatch.registry import Registry
from vartrack.errors import ComparisonError, InstallError, TargetError
from vartrack.explanation.target import inputs, targets
from vartrack.explanation.target.blame import raised, traceback_of
from vartrack.explanation.target.limits import time_limit
from vartrack.explanation.text import as_text
from vartrack.installation import install, uninstall

__all__ = [
    "DYNAMIC",
    "EXIT_STATUS",
    "add_options",
    "forgiving",
    "loaded",
    "plain_width",
    "printed",
    "progress",
    "reporting",
    "write",
]

#: The words of ``--dynamic``, and what `torch.compile` calls them.
DYNAMIC = {"true": True, "false": False, "auto": None}
EXIT_STATUS = (
    "Exit status: 0 if all is well; 1 if the target ran and failed, returned something that cannot "
    "be compiled, took too long, or if nothing of it was compiled; 2 if there is no such target or "
    "an option is bad."
)
#: The errors of a target that was found and ran.
_RAN = ("VT408", "VT409", "VT424")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``TARGET`` and the options that say how it runs."""
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py:NAME or PACKAGE.MODULE:NAME of a function, a module instance, or a function "
        "without parameters that returns (callable, args, kwargs), or (callable, calls) with calls "
        f"a list of (args, kwargs). FILE.py alone takes its `{targets.DEFAULT_NAME}`. A function "
        "without parameters is called once to see what it returns.",
    )
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="INPUT",
        help=f'an argument, made up: {inputs.FORM}, such as "(2, 16) int64"; once for each',
    )
    parser.add_argument(
        "--inputs",
        type=Path,
        metavar="FILE",
        help="the arguments, from a file: what torch.save wrote, or JSON; (args, kwargs), or a "
        "list of such pairs for several calls",
    )
    parser.add_argument(
        "--registry", metavar="WHERE", help="run on this registry: FILE.py:NAME or MODULE:NAME"
    )
    parser.add_argument(
        "--fullgraph",
        action="store_true",
        help="make a graph break an error, as torch.compile does",
    )
    parser.add_argument(
        "--dynamic",
        choices=list(DYNAMIC),
        default="auto",
        help="whether sizes are symbols, as in torch.compile (default: auto)",
    )
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        metavar="SECONDS",
        help="give up on a target that takes longer",
    )


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        seconds = float(text)
        if 0 < seconds < float("inf"):
            return seconds
    raise argparse.ArgumentTypeError(f"{text} is no number of seconds")


@contextlib.contextmanager
def loaded(
    options: argparse.Namespace,
    tell: Callable[[str], None] = lambda text: None,
    *,
    usual: Registry = default,
) -> Iterator[tuple[targets.Target, Registry]]:
    """The target of the options and the registry it is to run on, in force while the block lasts.

    It is in force in all threads. The time limit counts from here on.

    Args:
        options: what was asked for.
        tell: is told how far it is.
        usual: the registry, if the options name none.

    Raises:
        TargetError: there is none, it cannot be called, or it takes longer than the limit.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_limited(options.time_limit))
        if options.registry:
            stack.enter_context(targets.importable(options.registry))
        stack.enter_context(targets.importable(options.target))
        tell(f"importing {options.target}")
        registry = targets.load_registry(options.registry) if options.registry else None
        target = targets.load(options.target, _inputs(options))
        if registry is None:
            registry = session.active_registry() or usual
        if not session.is_installed():
            install(registry)
            stack.callback(uninstall)
        yield target, registry


def _inputs(options: argparse.Namespace) -> list[inputs.Call]:
    if options.input and options.inputs:
        raise TargetError("VT422", "Both --input and --inputs are given.", "give one of them.")
    if options.inputs:
        return inputs.read(options.inputs)
    return [inputs.parse(options.input)] if options.input else []


@contextlib.contextmanager
def _limited(seconds: float | None) -> Iterator[None]:
    try:
        with time_limit(seconds):
            yield
    except TimeLimit as error:
        where = error.where or raised(error).partition(" [")[2].rstrip("]")
        raise TargetError(
            "VT424",
            f"The target was still running after {seconds:g} s"
            + (f", at {where}." if where else "."),
            "give it less to do, or more time with --time-limit.",
        ) from error


def reporting(
    run: Callable[[argparse.Namespace], int], ran: Sequence[str] = _RAN
) -> Callable[[argparse.Namespace], int]:
    """``run``, with a bad target told on the standard error and in the exit status.

    Args:
        run: what the command does.
        ran: the codes for which the status is 1 and not 2: those of a target that was at work.
    """

    @functools.wraps(run)
    def told(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except (ComparisonError, TargetError, InstallError) as error:
            if error.__cause__ is not None:
                print(traceback_of(error.__cause__), end="\n\n", file=sys.stderr)
            Console(stderr=True).print(Text(str(error)), style="red", soft_wrap=True)
            return 1 if error.code in ran else 2

    return told


def write(file: Path, text: str) -> None:
    """Write ``text`` into ``file``, whole or not at all.

    Raises:
        TargetError: it cannot be written.
    """
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        try:
            half.write_text(text + "\n", encoding="utf-8")
            half.replace(file)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise TargetError(
            "VT425",
            f"{file} cannot be written: {error.strerror or error}.",
            "name a file in a folder that is there and can be written to.",
        ) from None


def plain_width(usual: int) -> int:
    """The width of plain text: what the environment says, or the usual one."""
    return int(os.environ.get("COLUMNS") or usual)


def printed(
    pieces: Callable[[int], Iterable[RenderableType]], as_json: str | None, usual: int
) -> None:
    """Print ``as_json``, or the pieces for the width of the terminal or of plain text."""
    forgiving(sys.stdout)
    screen = Console(highlight=False)
    try:
        if as_json is not None:
            print(as_json)
        elif screen.is_terminal:
            for piece in pieces(screen.width):
                screen.print(piece, soft_wrap=isinstance(piece, Text))
        else:
            width = plain_width(usual)
            print(as_text(pieces(width), width, sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough, `head` for one
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def progress(errors: Console) -> Iterator[Callable[[str], None]]:
    """A line on the standard error that says how far it is, if that is a terminal."""
    if not errors.is_terminal:
        yield lambda text: None
        return
    with errors.status("starting") as status:
        yield lambda text: status.update(Text(text))


def forgiving(stream: object) -> None:
    """Have characters that the stream's encoding lacks replaced rather than refused."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
