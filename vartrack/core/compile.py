"""`Compile`: what one compile fixes at its start, its registry's tables above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vartrack.core import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.protocol import Tracer
    from vartrack.core.recording import Recorder
    from vartrack.core.wrappers import Table
    from vartrack.dispatch.frozen import FrozenRegistry

__all__ = ["Compile"]


class Compile:
    """One compile: its tables of routes, kept from the first value to the last.

    Attributes:
        sourced: from a type to its route for values with a source.
        sourceless: the same for values without.
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
        self.traced = frozen.table("visit_traced")
        self.recorder = recorder
        self.ledger = ledger
        self.attached = frozenset(attached)
        self.notes: dict[str, Any] = {}
        self.when_built: dict[Source, Callable[[VariableTracker], None]] = {}

    def build(self, tx: Tracer, source: Source | None, value: Any) -> VariableTracker:
        """Build ``value`` for ``tx``, with all the steps around a visit."""
        if source is None:
            return pipeline.build_sourceless(tx, self, value)
        return pipeline.build(tx, self, source, value)
