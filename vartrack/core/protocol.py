"""What a tracer must offer for vartrack to build values for it.

TorchDynamo's ``InstructionTranslator`` does. Another tracer imports `vartrack.VariableBuilder`
and `vartrack.SourcelessBuilder`, chooses a registry with `vartrack.use` or `vartrack.install`, and
hands them an object of the shape of `Tracer`, inside a ``torch._guards.TracingContext``.

`BuildOutput` is enough for values that stay out of the graph: literals, containers, functions,
classes, plain objects. `Output` adds what tensors, symbolic numbers, modules and the like ask for.

Some of torch's own trackers, such as those of dicts and sets, ask Dynamo which translator is at
work; ``InstructionTranslator.set_current_tx`` tells it, and takes any object.
"""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSet
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Guard, Source, TracingContext
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx import Proxy
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

__all__ = [
    "BuildOutput",
    "GuardSet",
    "Output",
    "SideEffects",
    "SubgraphTracer",
    "Timings",
    "Tracer",
]


@runtime_checkable
class SideEffects(Protocol):
    """Knows which objects have a tracker, and what the traced code did to them."""

    id_to_variable: MutableMapping[int, VariableTracker]

    def __contains__(self, item: Any) -> bool: ...

    def __getitem__(self, item: Any) -> VariableTracker: ...

    def track_mutable(self, item: Any, variable: VariableTracker) -> VariableTracker: ...

    def track_object_existing(self, item: Any, variable: VariableTracker) -> VariableTracker: ...

    def _track_obj(self, item: Any, variable: VariableTracker, **options: Any) -> Any: ...

    def get_ca_final_callbacks_var(self) -> VariableTracker: ...


@runtime_checkable
class GuardSet(Protocol):
    """The guards of a compile."""

    def get_guards_for_source(self, source: Source) -> set[Guard]: ...


@runtime_checkable
class SubgraphTracer(Protocol):
    """Records one graph; the root one owns the placeholders."""

    traced_sources: MutableSet[Source]
    bound_symbols: MutableMapping[Any, Any]
    dynamic_scalar_nodes: MutableMapping[int, Any]

    def create_graph_input(self, name: str, type_expr: Any, example: Any, **kwargs: Any) -> Any: ...

    def track_produced_symints(self, example_value: Any, e_proxy: Any) -> None: ...


@runtime_checkable
class Timings(Protocol):
    """Where the time of a compile went, in nanoseconds."""

    variable_builder_call_ns: int


@runtime_checkable
class BuildOutput(Protocol):
    """What one compile produces. vartrack keeps its own state on it, in ``vartrack_compile`` and
    ``vartrack_made``.

    Attributes:
        variable_tracker_cache: the tracker of each source that was met.
        guard_on_key_order: the dicts whose order of keys matters.
        local_scope: the local variables of the traced frame.
    """

    side_effects: SideEffects
    variable_tracker_cache: MutableMapping[Source, VariableTracker]
    guard_on_key_order: MutableSet[Source]
    local_scope: MutableMapping[str, Any]
    bytecode_tracing_timings: Timings

    @property
    def guards(self) -> GuardSet: ...

    @property
    def current_tracer(self) -> SubgraphTracer: ...


@runtime_checkable
class Output(BuildOutput, Protocol):
    """What one compile produces, the graph and its inputs included."""

    export: bool
    has_user_defined_allowed_in_graph: bool
    bound_symbols: MutableMapping[Any, Any]
    input_source_to_var: MutableMapping[Source, VariableTracker]
    nn_modules: MutableMapping[str, Any]
    tracked_fakes: list[Any]
    tracing_context: TracingContext
    unspec_variable_map: MutableMapping[str, VariableTracker]

    @property
    def fake_mode(self) -> FakeTensorMode: ...

    @property
    def root_tracer(self) -> SubgraphTracer: ...

    @property
    def shape_env(self) -> ShapeEnv: ...

    def add_fqn_info_for_inlined_modules(self, inlined: Any, source: Source) -> None: ...

    def create_proxy(self, *args: Any, **kwargs: Any) -> Proxy: ...

    def install_global_by_id(self, prefix: str, value: Any) -> str: ...

    def register_attr_or_module(
        self, target: Any, *names: Any, **options: Any
    ) -> VariableTracker: ...


@runtime_checkable
class Tracer(Protocol):
    """The ``tx`` of a build."""

    output: Output
    export: bool

    @property
    def fake_mode(self) -> FakeTensorMode | None: ...
