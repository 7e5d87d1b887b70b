"""The commands of ``python -m vartrack``, a module each.

A module has ``add(commands)``, which adds its parser to argparse's subparsers, and sets ``run`` on
it: a function from the parsed options to the exit status.
"""

from __future__ import annotations

from vartrack.commands import audit, compare, diff, explain, plugins, suggest

__all__ = ["ALL"]

#: Every command, in the order that the help lists them.
ALL = (explain, compare, diff, audit, suggest, plugins)
