"""``python -m vartrack``, also installed as ``vartrack``.

``vartrack explain TARGET`` compiles the target and shows what every value became. It exits with
0 if the compile ran, 1 if it failed or compiled nothing, 2 if the target or an option is bad.

``vartrack plugins`` loads the visitors that installed packages bring along and lists them. It
exits with 1 if one of them failed.

``vartrack doctor`` says whether vartrack fits the installed torch, and what drifted. It exits with
0 if nothing did, 1 if something did. It works where vartrack does not.
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

from vartrack._version import __version__
from vartrack.doctor import command as doctor
from vartrack.errors import InstallError, PluginWarning, TargetError
from vartrack.unusable import is_fault_of_torch, refusal

__all__ = ["main"]

#: Why nothing but the doctor runs on this torch; None if all does.
_UNUSABLE: Exception | None = None
try:
    from vartrack import plugins
    from vartrack.explanation import targets
    from vartrack.explanation.blame import traceback_of
    from vartrack.explanation.report import Explanation
    from vartrack.explanation.running import explain_call
    from vartrack.explanation.showing import WIDTH, as_text
except Exception as error:
    if not is_fault_of_torch(error):
        raise
    _UNUSABLE = error

_DYNAMIC = {"true": True, "false": False, "auto": None}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit status: 0 if the compile ran, every plugin loaded, or nothing drifted; 1 if not;
        2 if the target is bad.

    Raises:
        SystemExit: with 2, if the arguments cannot be understood.

    .. versionadded:: 0.1
    """
    if _UNUSABLE is not None:
        return _only_the_doctor(argv, _UNUSABLE)
    options = _parser().parse_args(argv)
    if options.command == "doctor":
        return doctor.run(options)
    if options.command == "plugins":
        return _list_plugins()
    errors = Console(stderr=True)
    try:
        # Whatever the target prints must not end up in the JSON.
        with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
            found = _explain(options, errors)
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
    return 0 if found.ran else 1


def _only_the_doctor(argv: Sequence[str] | None, cause: Exception) -> int:
    """The command line on a torch that vartrack cannot be imported on."""
    parser = argparse.ArgumentParser(prog="vartrack", description=str(refusal(cause)))
    parser.add_argument("--version", action="version", version=f"vartrack {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor.add_to(commands)
    for name in ("explain", "plugins"):
        commands.add_parser(name, add_help=False)
    options, _ = parser.parse_known_args(argv)
    if options.command == "doctor":
        return doctor.run(options)
    print(refusal(cause), file=sys.stderr)
    return 2


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


def _print(found: Explanation, as_json: bool) -> None:
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
    commands.add_parser(
        "plugins",
        help="the visitors that installed packages bring along",
        description="Load the plugins, and list each with its package, the visitors it registered, "
        f"or why it failed. {plugins.VARIABLE} in the environment chooses among them.",
        epilog="Exit status: 0 if all that were to be loaded are, 1 if one failed.",
    )
    doctor.add_to(commands)
    return parser


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
