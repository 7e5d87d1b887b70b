"""`AuditReport`: the facts that changed although a program relied on them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vartrack.auditing.relied import ChangedFact, ReliedFact
from vartrack.auditing.text import IN_CODE, report_text
from vartrack.explanation.text import WIDTH, More, as_text
from vartrack.explanation.wording.places import Place

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["SCHEMA", "AuditReport"]

#: The number of the layout of the JSON.
SCHEMA = 1


@dataclass
class AuditReport:
    """What an audit found. It is true if no answer may be old.

    Print it with rich, or with ``print``; `to_json` gives it to programs.

    Attributes:
        target: what was run.
        changes: the facts that changed, in the order in which that was seen.
        compiles: how many compiles were looked at.
        facts: the facts that they relied on without a guard, each once for each function.
        unread: how many facts could not be noted, or not be read again.
        error: what the program raised, "" if nothing; if it was run by the audit.

    .. versionadded:: 0.2
    """

    target: str
    changes: list[ChangedFact] = field(default_factory=list)
    compiles: int = 0
    facts: list[ReliedFact] = field(default_factory=list)
    unread: int = 0
    error: str = ""

    @property
    def stale(self) -> list[ChangedFact]:
        """The changes for which an answer may be old; for tests to be empty."""
        return [change for change in self.changes if change.stale]

    def __bool__(self) -> bool:
        return not self.stale

    def told(self, change: ChangedFact) -> ChangedFact:
        """``change``, written into the report; or the same one if it is there already."""
        for each in self.changes:
            if each.identity == change.identity:
                return each
        self.changes.append(change)
        return change

    def add(self, other: AuditReport) -> None:
        """Take over what another audit found."""
        for change in other.changes:
            told = self.told(dataclasses.replace(change, stale=False, calls=0))
            told.stale |= change.stale
            told.calls += change.calls
        self.compiles += other.compiles
        known = {fact.identity for fact in self.facts}
        self.facts += [fact for fact in other.facts if fact.identity not in known]
        self.unread += other.unread
        self.error = self.error or other.error

    def text(self, width: int = WIDTH, *, full: bool = False, more: More = IN_CODE) -> str:
        """The report as plain text.

        Args:
            width: of a line. A word that is longer is not broken.
            full: whether to list all facts, and not only those that changed.
            more: how it says that the others are to be had.
        """
        return as_text(report_text(self, width, full=full, more=more), width)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data: the attributes, and the number of the layout."""
        return {"schema": SCHEMA, "stale": len(self.stale), **dataclasses.asdict(self)}

    def to_json(self, indent: int | None = 2) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> AuditReport:
        """The report that `to_json` wrote.

        Raises:
            ValueError: the text is no JSON, or none of an audit.
        """
        try:
            held = json.loads(text)
            if held.pop("schema") != SCHEMA:
                raise ValueError("this audit has another layout")
            del held["stale"]
            held["changes"] = [_fact(ChangedFact, row) for row in held["changes"]]
            held["facts"] = [_fact(ReliedFact, row) for row in held["facts"]]
            return cls(**held)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"this is no audit: {type(error).__name__}: {error}") from error

    @classmethod
    def load(cls, file: str | Path) -> AuditReport:
        """The report in a file of JSON.

        Raises:
            OSError: the file cannot be read.
            ValueError: it holds none.
        """
        return cls.from_json(Path(file).read_text(encoding="utf-8"))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from report_text(self, options.max_width)

    def __iter__(self) -> Iterator[ChangedFact]:
        return iter(self.changes)

    def __str__(self) -> str:
        return self.text()


F = TypeVar("F", bound=ReliedFact)


def _fact(cls: type[F], row: dict[str, Any]) -> F:
    compiled, place = row["compiled"], row["place"]
    places = {"compiled": Place(**compiled), "place": None if place is None else Place(**place)}
    return cls(**row | places)
