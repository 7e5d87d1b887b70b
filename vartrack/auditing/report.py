"""`AuditReport`: the facts that changed although a program relied on them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vartrack.auditing.text import report_text
from vartrack.explanation.places import Place
from vartrack.explanation.text import WIDTH, as_text
from vartrack.explanation.words import in_words

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["SCHEMA", "AuditReport", "ChangedFact"]

#: The number of the layout of the JSON.
SCHEMA = 1


@dataclass
class ChangedFact:
    """A fact that a compiled function relied on without a guard, and that changed.

    Attributes:
        function: the compiled function.
        compiled: its place.
        kind: which kind of fact, a name out of ``vartrack.sound.kinds``.
        fact: what was relied on, in words.
        source: where it lies, as Python text.
        before: what was there when the function was compiled, in brief.
        after: what was there at the first call that was made with something else.
        place: the line that relied on it; None if that is not known.
        stale: whether the answer may be old: what was compiled ran although the fact had changed.
            If not, a guard of torch's failed as well, and it was compiled anew.
        calls: how many calls ran on the old fact.

    .. versionadded:: 0.2
    """

    function: str
    compiled: Place
    kind: str
    fact: str
    source: str
    before: str
    after: str
    place: Place | None = None
    stale: bool = False
    calls: int = 0

    @property
    def label(self) -> str:
        """The source in the user's words."""
        return in_words(self.source)

    def __str__(self) -> str:
        where = "" if self.place is None else f", relied on at {self.place}"
        fate = "the answer may be old" if self.stale else "compiled anew"
        change = f"{self.before} -> {self.after}"
        return f"{self.function}: {in_words(self.fact)}: {change}{where}: {fate}"


@dataclass
class AuditReport:
    """What an audit found. It is true if no answer may be old.

    Print it with rich, or with ``print``; `to_json` gives it to programs.

    Attributes:
        target: what was run.
        changes: the facts that changed, in the order in which that was seen.
        functions: how many compiles were looked at.
        facts: how many facts they relied on without a guard.
        unread: how many facts could not be noted, or not be read again.

    .. versionadded:: 0.2
    """

    target: str
    changes: list[ChangedFact] = field(default_factory=list)
    functions: int = 0
    facts: int = 0
    unread: int = 0

    @property
    def stale(self) -> list[ChangedFact]:
        """The changes for which an answer may be old; for tests to be empty."""
        return [change for change in self.changes if change.stale]

    def __bool__(self) -> bool:
        return not self.stale

    def add(self, other: AuditReport) -> None:
        """Take over what another audit found."""
        self.changes += other.changes
        self.functions += other.functions
        self.facts += other.facts
        self.unread += other.unread

    def text(self, width: int = WIDTH) -> str:
        """The report as plain text."""
        return as_text(report_text(self, width), width)

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
            return cls(**held | {"changes": [_change(row) for row in held["changes"]]})
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


def _change(row: dict[str, Any]) -> ChangedFact:
    place = row["place"]
    return ChangedFact(
        **row
        | {
            "compiled": Place(**row["compiled"]),
            "place": None if place is None else Place(**place),
        }
    )
