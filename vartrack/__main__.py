"""``python -m vartrack``, also installed as ``vartrack``; `vartrack.commands` has the commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from vartrack import commands
from vartrack._version import __version__

__all__ = ["main"]


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
    parser = argparse.ArgumentParser(prog="vartrack", description="Look into torch.compile.")
    parser.add_argument("--version", action="version", version=f"vartrack {__version__}")
    adding = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands.ALL:
        command.add(adding)
    options = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
