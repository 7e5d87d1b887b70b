"""What a tracer must offer for vartrack to build values for it.

TorchDynamo's ``InstructionTranslator`` does. Another tracer imports `vartrack.VariableBuilder`
and `vartrack.SourcelessBuilder`, and hands them an object of this shape.
"""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSet
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Guard, Source
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

__all__ = ["GuardSet", "Output", "SideEffects", "SubgraphTracer", "Timings", "Tracer"]


@runtime_checkable
class SideEffects(Protocol):
    """Knows which objects have a tracker, and what the traced code did to them."""

    def __contains__(self, item: Any) -> bool: ...

    def __getitem__(self, item: Any) -> VariableTracker: ...

    def track_mutable(self, item: Any, variable: VariableTracker) -> VariableTracker: ...

    def track_object_existing(self, item: Any, variable: VariableTracker) -> VariableTracker: ...


@runtime_checkable
class GuardSet(Protocol):
    """The guards of a compile."""

    def get_guards_for_source(self, source: Source) -> list[Guard]: ...


@runtime_checkable
class SubgraphTracer(Protocol):
    """Records one graph; the root one owns the placeholders."""

    traced_sources: MutableSet[Source]

    def create_graph_input(self, name: str, type_expr: Any, example: Any, **kwargs: Any) -> Any: ...


@runtime_checkable
class Timings(Protocol):
    """Where the time of a compile went, in nanoseconds."""

    variable_builder_call_ns: int


@runtime_checkable
class Output(Protocol):
    """What one compile produces. vartrack keeps its own state in ``vartrack_compile`` on it."""

    side_effects: SideEffects
    variable_tracker_cache: MutableMapping[Source, VariableTracker]
    guard_on_key_order: MutableSet[Source]
    input_source_to_var: MutableMapping[Source, VariableTracker]
    bytecode_tracing_timings: Timings
    export: bool
    fake_mode: FakeTensorMode | None
    shape_env: ShapeEnv | None

    @property
    def guards(self) -> GuardSet: ...

    @property
    def current_tracer(self) -> SubgraphTracer: ...

    @property
    def root_tracer(self) -> SubgraphTracer: ...


@runtime_checkable
class Tracer(Protocol):
    """The ``tx`` of a build."""

    output: Output
