"""`Compile`: what one compile fixes at its start, its registry's tables above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vartrack.core import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.made import Make, Makes
    from vartrack.core.protocol import Tracer
    from vartrack.core.recording import Recorder
    from vartrack.core.wrappers import Table
    from vartrack.dispatch.frozen import FrozenRegistry

__all__ = ["Compile"]


class _Made(dict[type, Any]):
    """From a type to what makes its trackers: one function that its visitor has, or a visit.

    Args:
        compile: the compile. If somebody is looking, who is to see every visit, all are visits.
    """

    __slots__ = ("compile",)

    def __init__(self, compile: Compile) -> None:
        self.compile = compile

    def __missing__(self, cls: type) -> Make:
        seen = self.compile.recorder is not None
        made = None if seen else self.compile.sourceless[cls].made
        make: Make = made or self._visit
        self[cls] = make
        return make

    def _visit(self, tx: Tracer, made: Makes, value: Any) -> VariableTracker:
        return pipeline.visit_sourceless(tx, self.compile, value)


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
        self.made = _Made(self)
        self.traced = frozen.table("visit_traced")
        self.recorder = recorder
        self.ledger = ledger
        self.attached = frozenset(attached)
        self.notes: dict[str, Any] = {}
        self.when_built: dict[Source, Callable[[VariableTracker], None]] = {}

    def build(self, tx: Tracer, source: Source | None, value: Any) -> VariableTracker:
        """Build ``value`` for ``tx``, with all the steps around a visit."""
        if source is None:
            return self.made[type(value)](tx, self.made, value)
        return pipeline.build(tx, self, source, value)
