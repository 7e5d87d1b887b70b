"""``vartrack plugins``: the visitors that installed packages bring along."""

from __future__ import annotations

import argparse
import warnings
from typing import Any

from vartrack import plugins
from vartrack.errors import PluginWarning

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "plugins",
        help="the visitors that installed packages bring along",
        description="Load the plugins, and list each with its package, the visitors it registered, "
        f"or why it failed. {plugins.VARIABLE} in the environment chooses among them.",
        epilog="Exit status: 0 if all that were to be loaded are, 1 if one failed.",
    )
    parser.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the list says as much
        plugins.load()
    found = plugins.found()
    for plugin in found:
        print(plugin)
    if not found:
        print(f"No installed package has an entry point in the group {plugins.GROUP!r}.")
    return 1 if any(plugin.state == "failed" for plugin in found) else 0
