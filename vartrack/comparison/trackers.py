"""What tracker each value became, written down the same way on either side."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.comparison.spelling import spell, type_name
from vartrack.core.recording import Recorder
from vartrack.core.wrapping.replacing import replaced
from vartrack.installation.builders import TorchSourcelessBuilder, TorchVariableBuilder

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["Built", "Log", "TrackerRecorder", "watching_torch"]


@dataclass
class Built:
    """One value and its tracker.

    Attributes:
        source: where the value came from, as Python text; None if it was made while tracing.
        type: the full name of its type.
        tracker: the class of the tracker, or the exception that ended the build.
        mutation: the class of the tracker's mutation type, or ``"None"``.
        registered: whether the value stands among the side effects once it is built.
    """

    source: str | None
    type: str
    tracker: str = ""
    mutation: str = ""
    registered: bool = False

    def __str__(self) -> str:
        place = "made while tracing" if self.source is None else self.source
        registered = ", registered" if self.registered else ""
        return spell(f"{place}: {self.type} -> {self.tracker}, {self.mutation}{registered}")


Log = Callable[[Built], None]


def _watch(log: Log, tx: Any, source: Any, value: Any, build: Callable[[], Any]) -> Any:
    """Run ``build`` and log what became of ``value``; outer values come before their parts."""
    if issubclass(type(value), VariableTracker):
        return build()  # a tracker that is handed through, not a value
    built = Built(None if source is None else source.name, type_name(value))
    log(built)
    try:
        tracker = build()
    except BaseException as error:
        built.tracker = f"raised {type(error).__name__}"
        raise
    # A lazy tracker must not be asked for attributes: that would build it.
    built.tracker = type(tracker).__name__
    built.mutation = type(vars(tracker).get("mutation_type")).__name__.replace("NoneType", "None")
    built.registered = id(value) in tx.output.side_effects.id_to_variable
    return tracker


class TrackerRecorder(Recorder):
    """Logs every value that vartrack builds, parts included."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def watch(
        self,
        build: Callable[[BuilderContext, Any], VariableTracker],
        ctx: BuilderContext,
        value: Any,
    ) -> VariableTracker:
        """Run ``build(ctx, value)`` and log it."""
        return _watch(self._log, ctx.tx, ctx.source, value, lambda: build(ctx, value))  # type: ignore[no-any-return]


@contextlib.contextmanager
def watching_torch(log: Log) -> Iterator[None]:
    """Have every value that torch's own builder builds in this block logged, parts included.

    torch's handlers for containers hold the function that builds the parts in a closure, so for
    the time of the block their table is filled with new ones around the watched function.
    """
    sourced, sourceless = TorchVariableBuilder, TorchSourcelessBuilder
    call = sourced.__call__
    create = sourceless.create

    def watched_call(self: Any, value: Any) -> Any:
        return _watch(log, self.tx, self.source, value, lambda: call(self, value))

    def watched_create(tx: Any, value: Any) -> Any:
        return _watch(log, tx, None, value, lambda: create(tx, value))

    with (
        replaced(sourced, "__call__", watched_call),
        replaced(sourceless, "create", staticmethod(watched_create)),
        _handlers_made_anew(sourceless),
    ):
        yield


@contextlib.contextmanager
def _handlers_made_anew(sourceless: Any) -> Iterator[None]:
    # in place, because vartrack's own class shares the table
    handlers: dict[type, Any] = sourceless._type_handlers
    before = dict(handlers)
    for cls, handler in sourceless.make_type_handlers().items():
        # one that somebody else put there stays
        if "make_type_handlers" in getattr(before.get(cls), "__qualname__", ""):
            handlers[cls] = handler
    try:
        yield
    finally:
        handlers.clear()
        handlers.update(before)
