"""`Suggestion`: what `vartrack.suggest` found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from vartrack.trials.running import Status

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["SCHEMA", "Suggestion", "Trial"]

#: The number of the layout of the JSON.
SCHEMA = 1


@dataclass(frozen=True)
class Trial:
    """One use of the value, and what came of it.

    Each was compiled with ``fullgraph=True`` and called with the value, with changed ones, and with
    the value again.

    Attributes:
        use: the expression, ``v`` being the value.
        torch: what came of it with torch alone: ``"ok"``, ``"recompiles"`` (right, with more graphs
            than there are different values), ``"graph break"``, ``"crash"``, ``"wrong"`` or
            ``"stale"`` (the answer of an earlier value).
        torch_message: why, in a line; "" if it is ok.
        visitor: the same with the visitor; None if none was tried.
        visitor_message: why.

    .. versionadded:: 0.2
    """

    use: str
    torch: Status
    torch_message: str = ""
    visitor: Status | None = None
    visitor_message: str = ""


@dataclass(frozen=True)
class Suggestion:
    """What to register for a value, and why. Print it, or read its fields.

    Attributes:
        type: the full name of the type.
        shows: the value in a few characters.
        base: the base to take, such as ``"ConstantVisitor"``; "" to register nothing.
        reasons: why, in sentences.
        visitor: the visitor as text to paste; "" if there is none.
        key: what to give as ``key``, as text; "" for the default of the base.
        equals: texts of values that are equal and print differently, in pairs.
        caches: names of attributes that are filled while the value is read; the key is without
            them.
        ready_made: extras that have a visitor for the type, as in
            ``vartrack.install(extras=[...])``.
        trials: each use that was tried.
        check_nanoseconds: what one check of the content takes, at every call that depends on it;
            None if there is none.
        call_nanoseconds: what a call of a compiled function takes with the visitor; None if no
            function compiles both with it and with torch alone.
        torch_call_nanoseconds: what the same call takes with torch alone.
        timed: the use that was timed.

    .. versionadded:: 0.2
    """

    type: str
    shows: str
    base: str = ""
    reasons: tuple[str, ...] = ()
    visitor: str = ""
    key: str = ""
    equals: tuple[tuple[str, str], ...] = ()
    caches: tuple[str, ...] = ()
    ready_made: tuple[str, ...] = ()
    trials: tuple[Trial, ...] = ()
    check_nanoseconds: float | None = None
    call_nanoseconds: float | None = None
    torch_call_nanoseconds: float | None = None
    timed: str = ""

    def to_json(self, indent: int | None = 2) -> str:
        """The suggestion as JSON: its attributes, and ``schema``, the number of the layout.

        Args:
            indent: how far to indent; None for one line.
        """
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=indent, ensure_ascii=False)

    def __str__(self) -> str:
        from vartrack.explanation.text import as_text

        return as_text([self], 120)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        from vartrack.suggestion.showing import parts

        yield from parts(self)
