"""An explanation as a page: one file of HTML that asks for nothing from the network."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from vartrack.explanation.report.redacting import cut, redacted
from vartrack.explanation.report.selecting import ALL
from vartrack.explanation.text.fitting import (
    counted,
    microseconds,
    milliseconds,
    short_path,
)
from vartrack.explanation.wording.words import check_in_words, function_in_words, in_words

if TYPE_CHECKING:
    from vartrack.explanation.explanation import Explanation
    from vartrack.explanation.report.report import CompileReport, Value
    from vartrack.explanation.wording.places import Place

__all__ = ["to_html"]

#: Lines of the program that are shown before and after the one that is meant.
_AROUND = 2

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_environment.filters.update(
    words=in_words,
    check=check_in_words,
    function=function_in_words,
    path=short_path,
    ms=milliseconds,
    us=microseconds,
)
_environment.globals.update(counted=counted)


def to_html(found: Explanation, *, redact: bool = False) -> str:
    """The page as text.

    Args:
        found: the explanation.
        redact: whether to leave out the values of the program; lines of it are left out as well.
    """
    found = redacted(found) if redact else cut(found)
    return _environment.get_template("page.html.j2").render(
        found=found,
        compiles=[_Compile(number, each) for number, each in enumerate(found.compiles)],
        around=(lambda place: []) if redact else _around,
        longest=max((each.seconds for each in found.compiles), default=0.0) or 1.0,
        dearest=max((guard.nanoseconds or 0.0 for _, guard in found.guards), default=0.0) or 1.0,
        visitors=sorted({row.visitor for row in found.visitors if row.visitor}),
    )


class _Compile:
    """A compile, with its tree as it is shown and a name for each value to link to.

    Args:
        number: which compile it is.
        report: what is known of it.
    """

    def __init__(self, number: int, report: CompileReport) -> None:
        self.number = number
        self.report = report
        self.values = ALL.of(report.values)
        self._links: dict[str, str] = {}
        for value in _all(self.values):
            link = f"v{number}-{len(self._links)}"
            for source in (value.source, *(alias.source for alias in value.aliases)):
                self._links.setdefault(source, link)

    def link(self, source: str) -> str:
        """The name of the value from ``source``; "" if there is none."""
        return self._links.get(source, "")

    @property
    def guards(self) -> list[Any]:
        """The guards, the dearest first."""
        return sorted(
            self.report.guards, key=lambda g: (-(g.nanoseconds or 0.0), -(g.reads or 0), g.source)
        )


def _all(values: list[Value]) -> Iterator[Value]:
    for value in values:
        yield value
        yield from _all(value.children)


def _around(place: Place) -> list[tuple[int, str, bool]]:
    """The lines of the program around ``place``: number, text, whether it is the one."""
    lines = (
        (number, linecache.getline(place.file, number).rstrip(), number == place.line)
        for number in range(max(1, place.line - _AROUND), place.line + _AROUND + 1)
    )
    return [line for line in lines if line[1] or line[2]]
