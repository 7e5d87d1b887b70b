"""How a reader gets to see the rest: who reads a terminal has options, a program has methods."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IN_CODE", "ON_COMMAND_LINE", "More", "in_tests"]


@dataclass(frozen=True)
class More:
    """Where the rest of a report is to be had.

    Attributes:
        all: what else there is, for the end of the report.
        rest: what shows all of a list that is cut short.
        guards: what looks longer at what guards cost.
    """

    all: str
    rest: str = ""
    guards: str = ""


ON_COMMAND_LINE = More(
    "--full (every value; --only PATTERN, --mine, --depth N, --sort time), --guards, "
    "--html FILE, --json; --help has all.",
    rest="--full",
    guards="--guards looks longer",
)
IN_CODE = More(
    'text(form="full") (every value), text(form="guards"), to_html(), to_json().',
    rest='text(form="full")',
    guards="explain_calls(..., guard_seconds=60) looks longer",
)


def in_tests(option: str, kind: type) -> More:
    """At the end of a test session, of which nothing is left but what is written to a file.

    Args:
        option: the option of pytest that asked for the report.
        kind: the class of the report, which reads the file again.
    """
    file = f"{option}=FILE"
    return More(f"{file} has all of it, for vartrack.{kind.__name__}.load.", file, file)
