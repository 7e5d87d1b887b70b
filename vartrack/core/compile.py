"""`Compile`: what one compile fixes at its start, its registry's tables above all."""

from __future__ import annotations

from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any

from vartrack.core import made, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.made import Make
    from vartrack.core.protocol import Tracer
    from vartrack.core.recording import Recorder
    from vartrack.core.wrapping.wrappers import Table
    from vartrack.dispatch.frozen import FrozenRegistry
    from vartrack.dispatch.frozen import Table as Routes

__all__ = ["Compile"]


class _Made(dict[type, Any]):
    """From a type to what makes its trackers: one function that its visitor has, or a visit.

    Args:
        sourceless: the routes of values without a source.
        seen: whether somebody is looking, who is to see every visit.
    """

    __slots__ = ("seen", "sourceless")

    def __init__(self, sourceless: Routes, seen: bool) -> None:
        self.sourceless = sourceless
        self.seen = seen

    def __missing__(self, cls: type) -> Make:
        make: Make = pipeline.visit_sourceless
        if not self.seen:
            of_functions = made.of_functions() if cls is BuiltinFunctionType else None
            make = self.sourceless[cls].made or of_functions or make
        self[cls] = make
        return make


class Compile:
    """One compile: its tables of routes, kept from the first value to the last.

    Attributes:
        sourced: from a type to its route for values with a source.
        sourceless: the same for values without.
        made: from a type to what makes the trackers of its values without a source.
        traced: from the type of an example to the route for results of traced operations.
        recorder: what writes down every build, if somebody is looking.
        ledger: what notes the facts that the compile relies on, if its registry keeps one.
        attached: what its registry has in place in torch.
        notes: what bases of visitors keep while the compile lasts, each under a key of its own.
        when_built: what is told of the tracker of the value at a source, once it is built.
    """

    __slots__ = (
        "attached",
        "ledger",
        "made",
        "notes",
        "recorder",
        "sourced",
        "sourceless",
        "traced",
        "when_built",
    )

    def __init__(
        self,
        frozen: FrozenRegistry,
        recorder: Recorder | None = None,
        ledger: Any = None,
        attached: Iterable[Table] = (),
    ) -> None:
        self.sourced = frozen.table("visit_sourced")
        self.sourceless = frozen.table("visit_sourceless")
        self.made = _Made(self.sourceless, recorder is not None)
        self.traced = frozen.table("visit_traced")
        self.recorder = recorder
        self.ledger = ledger
        self.attached = frozenset(attached)
        self.notes: dict[str, Any] = {}
        self.when_built: dict[Source, Callable[[VariableTracker], None]] = {}

    def build(self, tx: Tracer, source: Source | None, value: Any) -> VariableTracker:
        """Build ``value`` for ``tx``, with all the steps around a visit."""
        if source is None:
            return self.made[type(value)](tx, self, value)
        return pipeline.build(tx, self, source, value)
