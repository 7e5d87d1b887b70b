"""`Watcher`: a recorder that also notes what the tree by source needs."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch._guards import ChainedSource, CompileContext

from vartrack.comparison.replacing import replaced
from vartrack.compat.names import LAZY
from vartrack.core.recording import Recorder
from vartrack.installation.builders import TorchSourcelessBuilder, TorchVariableBuilder

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext
    from vartrack.core.recording import Build

__all__ = ["Note", "Watcher", "brief"]

_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
_TENSORS = (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)
_CONTAINERS = (list, tuple, dict, set, frozenset)
_NAMED = (types.FunctionType, types.BuiltinFunctionType, type)
#: A brief form is never longer than this.
_BRIEF = 40


@dataclass
class Note:
    """What is noted on one build besides its `Build`.

    Attributes:
        compile: Dynamo's id of the compile and the number of the attempt.
        bases: the sources that the value's source is made from, the nearest first.
        shows: the value in brief.
        first: if it was met again, the source under which it was met first.
    """

    compile: tuple[str, int]
    bases: tuple[str, ...] = ()
    shows: str = ""
    first: str | None = None


class Watcher(Recorder):
    """Writes down builds, and a `Note` on each.

    Args:
        progress: called now and then with the number of builds so far.

    Attributes:
        notes: one for each of ``builds``.
        went_to_torch: how many values torch's own builder was asked for; see `counting_torch`.
    """

    def __init__(self, progress: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.notes: list[Note] = []
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
        note = Note(_compile_of(ctx))
        self.notes.append(note)
        if ctx.source is not None:
            note.bases = _bases(ctx.source)
            note.shows = brief(value)
        tracker = super().watch(build, ctx, value)
        record = self.builds[index]
        if record.outcome == "met again" and type(tracker) not in LAZY:
            note.first = None if tracker.source is None else tracker.source.name
        return tracker

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


def _compile_of(ctx: BuilderContext) -> tuple[str, int]:
    context = CompileContext.try_get()
    if context is None or context.compile_id is None:
        return f"tracer {id(ctx.compile):x}", 0
    return str(context.compile_id), context.attempt


def _bases(source: Source) -> tuple[str, ...]:
    names = []
    while isinstance(source, ChainedSource):
        source = source.base
        names.append(source.name)
    return tuple(names)


def brief(value: Any) -> str:
    """``value`` in a few characters if it is of a kind that has such a form, else "".

    No code of the value's own class is run, so that asking changes nothing.
    """
    cls = type(value)
    try:
        if cls in _PLAIN:
            text = repr(value)
        elif cls in _TENSORS:
            where = "" if value.device.type == "cpu" else f" {value.device}"
            text = f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}{where}"
        elif cls in _CONTAINERS:
            text = "1 item" if len(value) == 1 else f"{len(value)} items"
        elif cls in _NAMED:
            text = f"{value.__module__}.{value.__qualname__}".removeprefix("builtins.")
        elif cls is types.ModuleType:
            text = value.__name__
        else:
            return ""
    except Exception:  # a damaged object, or an int of more digits than Python prints
        return ""
    if cls in _NAMED or cls is types.ModuleType or len(text) <= _BRIEF:
        return text
    return text[: _BRIEF - 1] + "…"
