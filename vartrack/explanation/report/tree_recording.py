"""`TreeRecorder`: a recorder that also notes what the tree by source needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._guards import ChainedSource, CompileContext

from vartrack.compat.names import LAZY
from vartrack.core.recording import Recorder
from vartrack.core.wrapping.replacing import replaced
from vartrack.explanation.wording.brief import brief
from vartrack.explanation.wording.environment import is_of_the_environment
from vartrack.explanation.wording.places import is_mine
from vartrack.installation.builders import TorchSourcelessBuilder, TorchVariableBuilder

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext
    from vartrack.core.recording import Build
    from vartrack.explanation.running.observing import Observer

__all__ = ["Note", "TreeRecorder"]


@dataclass
class Note:
    """What is noted on one build besides its `Build`.

    Attributes:
        compile: which compile, as the observer saw it or by a name, and the number of the attempt.
        bases: the sources that the value's source is made from, the nearest first.
        shows: the value in brief.
        mine: whether its type, or the function itself, is of the user's own modules.
        first: if it was reused, the source under which it was met first.
    """

    compile: tuple[Hashable, int]
    bases: tuple[str, ...] = ()
    shows: str = ""
    mine: bool = False
    first: str | None = None


class TreeRecorder(Recorder):
    """Writes down builds, and a `Note` on each.

    Args:
        progress: called now and then with the number of builds so far.

    Attributes:
        observer: what knows which compile is under way.
        notes: one for each of ``builds``.
        went_to_torch: how many values torch's own builder was asked for; see `counting_torch`.
    """

    def __init__(self, progress: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.observer: Observer | None = None
        self.notes: list[Note] = []
        self._shown: dict[tuple[str, str], str] = {}
        self.went_to_torch = 0
        self._progress = progress

    def watch(
        self,
        build: Callable[[BuilderContext, Any], VariableTracker],
        ctx: BuilderContext,
        value: Any,
    ) -> VariableTracker:
        """Run ``build(ctx, value)`` and write it down."""
        index = len(self.builds)
        if self._progress is not None and index % 50 == 0:
            self._progress(index)
        note = Note(self._compile_of(ctx))
        self.notes.append(note)
        if ctx.source is not None:
            note.bases = _bases(ctx.source)
            note.mine = is_mine(value)
            note.shows = "" if is_of_the_environment(ctx.source.name) else brief(value)
            if note.shows:
                self._shown[_id_of(note), ctx.source.name] = note.shows
        tracker = super().watch(build, ctx, value)
        record = self.builds[index]
        if record.outcome == "reused" and not isinstance(tracker, LAZY):
            note.first = None if tracker.source is None else tracker.source.name
        return tracker

    def shown(self, compile: str, source: str) -> str:
        """What came from ``source`` in the compile of that id, in brief; "" if not known."""
        return self._shown.get((compile, source), "")

    def _compile_of(self, ctx: BuilderContext) -> tuple[Hashable, int]:
        context = CompileContext.try_get()
        seen = None if self.observer is None else self.observer.current
        if context is None or seen is None:
            return f"tracer {id(ctx.compile):x}", 0
        return seen, context.attempt

    @contextlib.contextmanager
    def counting_torch(self) -> Iterator[None]:
        """Count the values that torch's own builder is asked for in the block, by whomever."""
        sourced, sourceless = TorchVariableBuilder, TorchSourcelessBuilder
        call, create = sourced.__call__, sourceless.create

        def counted_call(builder: Any, value: Any) -> Any:
            self.went_to_torch += 1
            return call(builder, value)

        def counted_create(tx: Any, value: Any) -> Any:
            self.went_to_torch += 1
            return create(tx, value)

        with (
            replaced(sourced, "__call__", counted_call),
            replaced(sourceless, "create", staticmethod(counted_create)),
        ):
            yield

    def innermost(self, index: int) -> bool:
        """Whether no part of this build ended the way it did."""
        build = self.builds[index]
        return not any(
            other.parent == index and other.outcome == build.outcome
            for other in self.builds[index + 1 :]
        )

    def pairs(self) -> list[tuple[Build, Note]]:
        """Every build with its note."""
        return list(zip(self.builds, self.notes, strict=True))


def _id_of(note: Note) -> str:
    return str(getattr(note.compile[0], "id", note.compile[0]))


def _bases(source: Source) -> tuple[str, ...]:
    names = []
    while isinstance(source, ChainedSource):
        source = source.base
        names.append(source.name)
    return tuple(names)
