"""``python -m vartrack``, also installed as ``vartrack``; `vartrack.commands` has the commands.

``vartrack doctor`` says whether vartrack fits the installed torch, and what drifted. It works where
the others do not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from vartrack._version import __version__
from vartrack.doctor import command as doctor
from vartrack.unusable import is_fault_of_torch, refusal

__all__ = ["main"]

#: Why nothing but the doctor runs on this torch; None if all does.
_UNUSABLE: Exception | None = None
try:
    from vartrack import commands
    from vartrack.proof import prove
except Exception as error:
    if not is_fault_of_torch(error):
        raise
    _UNUSABLE = error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit status: 0 if all is well, 1 if what was asked for ran and failed, 2 if the
        target is bad, 130 if the keyboard stopped it.

    Raises:
        SystemExit: with 2, if the arguments cannot be understood.

    .. versionadded:: 0.1
    """
    if _UNUSABLE is not None:
        return _only_the_doctor(argv, _UNUSABLE)
    parser = argparse.ArgumentParser(prog="vartrack", description="Look into torch.compile.")
    parser.add_argument("--version", action="version", version=f"vartrack {__version__}")
    adding = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands.ALL:
        command.add(adding)
    doctor.add_to(adding)
    options = parser.parse_args(argv)
    if options.command == "doctor":
        return doctor.run(options, lambda tell: prove(tell=tell))
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130


def _only_the_doctor(argv: Sequence[str] | None, cause: Exception) -> int:
    """The command line on a torch that vartrack cannot be imported on."""
    parser = argparse.ArgumentParser(prog="vartrack", description=str(refusal(cause)))
    parser.add_argument("--version", action="version", version=f"vartrack {__version__}")
    adding = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor.add_to(adding)
    for name in ("audit", "compare", "diff", "explain", "plugins", "suggest"):
        adding.add_parser(name, add_help=False)
    options, _ = parser.parse_known_args(argv)
    if options.command == "doctor":
        return doctor.run(options)
    print(refusal(cause), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
