"""``python -m vartrack``, also installed as ``vartrack``.

``vartrack explain TARGET`` compiles the target and shows what every value became. It exits with
0 if the compile ran, 1 if it failed or compiled nothing, 2 if the target or an option is bad.

``vartrack suggest TARGET`` says what to register for a value, if anything. It exits with 0, or with
2 if the target or an option is bad.

``vartrack plugins`` loads the visitors that installed packages bring along and lists them. It
exits with 1 if one of them failed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from vartrack import plugins
from vartrack._version import __version__
from vartrack.errors import InstallError, PluginWarning, TargetError
from vartrack.explanation import targets
from vartrack.explanation.blame import traceback_of
from vartrack.explanation.report import Explanation
from vartrack.explanation.running import explain_call
from vartrack.explanation.showing import WIDTH, as_text
from vartrack.suggestion import Suggestion, suggest
from vartrack.suggestion.targets import value_of

__all__ = ["main"]

_DYNAMIC = {"true": True, "false": False, "auto": None}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit status: 0 if the compile ran, or every plugin loaded; 1 if not; 2 if the target
        is bad.

    Raises:
        SystemExit: with 2, if the arguments cannot be understood.

    .. versionadded:: 0.1
    """
    options = _parser().parse_args(argv)
    if options.command == "plugins":
        return _list_plugins()
    errors = Console(stderr=True)
    try:
        # Whatever the target prints must not end up in the JSON.
        with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
            found = _COMMANDS[options.command](options, errors)
    except (TargetError, InstallError) as error:
        if error.__cause__ is not None:
            print(traceback_of(error.__cause__), end="\n\n", file=sys.stderr)
        errors.print(Text(str(error)), style="red", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        return 130
    try:
        _print(found, options.json)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough, `head` for one
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if isinstance(found, Explanation) and not found.ran else 0


def _list_plugins() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the list says as much
        plugins.load()
    found = plugins.found()
    for plugin in found:
        print(plugin)
    if not found:
        print(f"No installed package has an entry point in the group {plugins.GROUP!r}.")
    return 1 if any(plugin.state == "failed" for plugin in found) else 0


def _print(found: Explanation | Suggestion, as_json: bool) -> None:
    _forgiving(sys.stdout)
    screen = Console(highlight=False)
    if as_json:
        print(found.to_json())
    elif screen.is_terminal:
        screen.print(found)
    else:
        width = int(os.environ.get("COLUMNS") or WIDTH)
        print(as_text(found, width, sys.stdout.encoding or "utf-8"))


def _explain(options: argparse.Namespace, errors: Console) -> Explanation:
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(_progress(errors))
        if options.registry:
            stack.enter_context(targets.importable(options.registry))
        stack.enter_context(targets.importable(options.target))
        tell(f"importing {options.target}")
        registry = targets.load_registry(options.registry) if options.registry else None
        target = targets.load(options.target)
        return explain_call(
            target.call,
            target.args,
            target.kwargs,
            registry=registry,
            target=options.target,
            fullgraph=options.fullgraph,
            dynamic=_DYNAMIC[options.dynamic],
            progress=tell,
        )


def _suggest(options: argparse.Namespace, errors: Console) -> Suggestion:
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(_progress(errors))
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


_COMMANDS: dict[str, Callable[[argparse.Namespace, Console], Explanation | Suggestion]] = {
    "explain": _explain,
    "suggest": _suggest,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vartrack", description="Look into torch.compile.")
    parser.add_argument("--version", action="version", version=f"vartrack {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    explain = commands.add_parser(
        "explain",
        help="what every value of a compile became, why, under which guards, at what cost",
        description="Compile TARGET with a backend that does nothing, and show what every value "
        "became: its type, visitor, tracker and guards, whether it is a graph input, and the time.",
        epilog="Exit status: 0 if the compile ran, 1 if it failed or compiled nothing, 2 if the "
        "target or an option is bad.",
    )
    explain.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py:NAME or PACKAGE.MODULE:NAME of a function, a module instance, or a function "
        "without parameters that returns (callable, args, kwargs). FILE.py alone takes its "
        f"`{targets.DEFAULT_NAME}`. A function without parameters is called once to see what it "
        "returns.",
    )
    explain.add_argument("--json", action="store_true", help="print JSON, for programs")
    explain.add_argument(
        "--registry", metavar="WHERE", help="run on this registry: FILE.py:NAME or MODULE:NAME"
    )
    explain.add_argument(
        "--fullgraph",
        action="store_true",
        help="make a graph break an error, as torch.compile does",
    )
    explain.add_argument(
        "--dynamic",
        choices=list(_DYNAMIC),
        default="auto",
        help="whether sizes are symbols, as in torch.compile (default: auto)",
    )
    _add_suggest(commands)
    commands.add_parser(
        "plugins",
        help="the visitors that installed packages bring along",
        description="Load the plugins, and list each with its package, the visitors it registered, "
        f"or why it failed. {plugins.VARIABLE} in the environment chooses among them.",
        epilog="Exit status: 0 if all that were to be loaded are, 1 if one failed.",
    )
    return parser


def _add_suggest(commands: Any) -> None:
    command = commands.add_parser(
        "suggest",
        help="what to register for a value, if anything",
        description="Try what torch alone does with the value that TARGET names, and with the "
        "visitor that fits it: which base to take and why, the visitor as text to paste, what to "
        "give as key, and what a check costs. Methods without parameters are called on copies.",
        epilog="Exit status: 0, or 2 if a target or an option is bad.",
    )
    command.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py:NAME or PACKAGE.MODULE:NAME of a value, or of a function without parameters "
        "that returns one.",
    )
    command.add_argument(
        "others",
        metavar="OTHER",
        nargs="*",
        help="more values of the type to compare it with: changed ones, and ones that are equal "
        "and yet behave differently",
    )
    command.add_argument("--json", action="store_true", help="print JSON, for programs")


@contextlib.contextmanager
def _progress(errors: Console) -> Iterator[Callable[[str], None]]:
    """A line on the standard error that says how far it is, if that is a terminal."""
    if not errors.is_terminal:
        yield lambda text: None
        return
    with errors.status("starting") as status:
        yield lambda text: status.update(Text(text))


def _forgiving(stream: Any) -> None:
    """Have characters that the stream's encoding lacks replaced rather than refused."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
