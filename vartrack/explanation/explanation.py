"""`Explanation`: what became of every value of a compile."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from vartrack import compat
from vartrack._version import __version__
from vartrack.explanation.page import to_html
from vartrack.explanation.report import as_json
from vartrack.explanation.report.report import (
    Break,
    CompileReport,
    SourcelessReport,
    Value,
    VisitorTotal,
)
from vartrack.explanation.report.selecting import ALL, Selection
from vartrack.explanation.text import IN_CODE, More, as_text, full, guard_list, summary

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from vartrack.explanation.compiles.guards import Guard
    from vartrack.explanation.compiles.recompiles import Recompile

__all__ = ["Explanation"]

_ADDED_UP = (
    *("values", "by_visitors", "not_built", "went_to_torch", "reused"),
    *("wall_seconds", "cpu_seconds"),
)


@dataclass
class Explanation:
    """What every value of a compile became, by which visitor, under which guards, at what cost.

    Print it with rich, or with ``print``: that is the short form. `text` gives the others,
    `to_json` the same to programs, `to_html` a page.

    Attributes:
        target: what was compiled.
        registry: the name of the registry it ran on; "" for torch's own builder.
        versions: those of vartrack, torch and Python.
        calls: how many calls were made; 0 if nobody counted.
        compiles: the compiles, in the order they began.
        sourceless: the values made while tracing, by type and visitor, most frequent first.
        visitors: what each visitor did, the slowest first.
        breaks: the graph breaks, in the order they happened.
        values: how many values were built, each attempt of a compile counted.
        by_visitors: how many of these vartrack's visitors built.
        not_built: how many ended in a graph break, a restart of the compile or another error.
        went_to_torch: how many values torch's own builder was asked for.
        reused: how many values had a tracker already.
        wall_seconds: time spent compiling, writing everything down included.
        cpu_seconds: the same, in processor time.
        run_seconds: the time of the whole run.
        error: what the compile or the program raised, "" if nothing.
        raised: the exception itself.

    .. versionadded:: 0.1
    """

    target: str
    registry: str
    versions: dict[str, str] = field(
        default_factory=lambda: {
            "vartrack": __version__,
            "torch": str(compat.RUNNING),
            "python": platform.python_version(),
        }
    )
    calls: int = 0
    compiles: list[CompileReport] = field(default_factory=list)
    sourceless: list[SourcelessReport] = field(default_factory=list)
    visitors: list[VisitorTotal] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    values: int = 0
    by_visitors: int = 0
    not_built: int = 0
    went_to_torch: int = 0
    reused: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    run_seconds: float = 0.0
    error: str = ""
    raised: BaseException | None = field(default=None, compare=False, repr=False)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Say how `explain` is called, for who knows `torch._dynamo.explain`.

        Raises:
            TypeError: always: `explain` has made the call already.

        .. versionadded:: 0.2
        """
        raise TypeError(
            "an Explanation is no function: vartrack.explain(f, x) makes the call itself, where "
            "torch._dynamo.explain(f)(x) takes the arguments afterwards"
        )

    @property
    def graphs(self) -> int:
        """How many graphs were captured."""
        return sum(len(compile.graphs) for compile in self.compiles)

    @property
    def share(self) -> float:
        """The share of values that vartrack's visitors built, in percent."""
        of = self.values + self.went_to_torch
        return 100.0 * self.by_visitors / of if of else 0.0

    @property
    def compiled(self) -> bool:
        """Whether at least one piece of code was compiled."""
        return any(not compile.skipped for compile in self.compiles)

    @property
    def ran(self) -> bool:
        """Whether nothing was raised and at least one piece of code was compiled."""
        return not self.error and self.compiled

    @property
    def whole(self) -> bool:
        """Whether it ran as one graph: no break, and nothing compiled again."""
        return self.ran and self.graphs == 1 and not self.breaks and not any(self.recompiles)

    @property
    def problem(self) -> str:
        """What is wrong with the run, in words; "" if nothing is."""
        if self.error:
            first = "It compiled, and then raised " if self.compiled else "It raised "
            return first + self.error
        if not self.compiles:
            return (
                "It ran, and Dynamo compiled nothing of it: torch.compile is switched off, or it "
                "skips this code (torch.compiler.disable, or a file Dynamo does not trace)."
            )
        if self.compiled:
            return ""
        why = "there is no operation in it."
        if self.breaks:
            why = "Dynamo ran into a graph break it cannot resume from."
        return f"It ran, and nothing of it was compiled: {why}"

    @property
    def recompiles(self) -> Iterator[tuple[CompileReport, Recompile]]:
        """Every compile of code that was compiled before, with the guard that failed."""
        for compile in self.compiles:
            if compile.recompiles:
                yield compile, compile.recompiles[0]

    @property
    def recompiles_by_sound(self) -> int:
        """How many of them `vartrack.sound` caused; they count for torch's limit like others.

        .. versionadded:: 0.2
        """
        return sum(recompile.by_sound for _, recompile in self.recompiles)

    @property
    def guards(self) -> Iterator[tuple[CompileReport, Guard]]:
        """Every guard, with its compile."""
        for compile in self.compiles:
            for guard in compile.guards:
                yield compile, guard

    def add(self, other: Explanation) -> None:
        """Take over the compiles and graph breaks of another run, and count them in.

        .. versionadded:: 0.2
        """
        self.compiles += other.compiles
        self.breaks += other.breaks
        for name in _ADDED_UP:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def find(self, source: str) -> Value | None:
        """The value that came from ``source`` in the first compile that has it, or None."""
        for compile in self.compiles:
            for value, _ in compile.walk():
                if value.source == source or any(a.source == source for a in value.aliases):
                    return value
        return None

    def text(
        self,
        width: int = 80,
        form: str = "summary",
        selection: Selection = ALL,
        more: More = IN_CODE,
    ) -> str:
        """The explanation as plain text.

        Args:
            width: of a line. A word that is longer is not broken.
            form: ``"summary"`` for what matters first; ``"full"`` for every value, as a tree;
                ``"guards"`` for every guard, the dearest first.
            selection: which values the full form shows.
            more: how the summary says that the rest is to be had.

        Raises:
            ValueError: there is no such form.

        .. versionadded:: 0.2
        """
        if form not in ("summary", "full", "guards"):
            raise ValueError(f"there is no form {form!r}; take 'summary', 'full' or 'guards'")
        if form == "guards":
            return as_text(guard_list(self, width), width)
        if form == "full":
            return as_text(full(self, width, selection), width)
        return as_text(summary(self, width, more), width)

    def to_dict(self, *, redact: bool = False) -> dict[str, Any]:
        """The explanation as plain data, in the layout of docs/reference/explanation-json.md.

        Args:
            redact: whether to leave out the values of the program.
        """
        return as_json.to_dict(self, redact=redact)

    def to_json(self, indent: int | None = 2, *, redact: bool = False) -> str:
        """`to_dict` as JSON text."""
        return as_json.to_json(self, indent, redact=redact)

    def to_html(self, *, redact: bool = False) -> str:
        """The explanation as a page: one file that asks for nothing from the network.

        Args:
            redact: whether to leave out the values and the lines of the program.

        .. versionadded:: 0.2
        """
        return to_html(self, redact=redact)

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """The explanation that `to_json` wrote.

        Raises:
            ValueError: the text is no JSON, or none of an explanation.

        .. versionadded:: 0.2
        """
        return cls(**as_json.read(text, cls))

    @classmethod
    def load(cls, file: str | Path) -> Explanation:
        """The explanation in a file of JSON.

        Raises:
            OSError: the file cannot be read.
            ValueError: it holds none.

        .. versionadded:: 0.2
        """
        return cls.from_json(Path(file).read_text(encoding="utf-8"))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from summary(self, options.max_width)

    def __str__(self) -> str:
        return self.text()
