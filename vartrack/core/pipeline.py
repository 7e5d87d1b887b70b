"""The steps around a visit: what happens to every value before and after its visitor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from torch._dynamo.utils import is_torch_sym, is_wrapper_or_member_descriptor
from torch._dynamo.variables.tensor import NumpyNdarrayVariable, SymNodeVariable, TensorVariable
from torch._dynamo.variables.torch_function import TensorWithTFOverrideVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.fx.experimental.sym_node import _DynamicScalar

from vartrack.compat import behaviour, shared
from vartrack.compat.names import LAZY, OpaqueObjectVariable
from vartrack.core.context import BuilderContext

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer

__all__ = ["build", "visit_sourceless"]

#: Trackers of these very classes are registered after the visit, so that setting an attribute on
#: the value while tracing is replayed.
_REGISTERED_AFTERWARDS = frozenset(
    {
        TensorVariable,
        TensorWithTFOverrideVariable,
        UserDefinedObjectVariable,
        NumpyNdarrayVariable,
        *((OpaqueObjectVariable,) if behaviour.REGISTERS_OPAQUE else ()),
    }
)


def build(
    tx: Tracer, compile: Compile, source: Source, value: Any, allow_lazy_constant: bool = True
) -> VariableTracker:
    """The tracker of ``value``, which came from ``source``.

    Args:
        tx: the tracer.
        compile: the compile, with the table to use.
        source: where the value came from.
        value: the value.
        allow_lazy_constant: False when a lazy tracker realizes itself, which must not get
            another lazy one.
    """
    start = time.time_ns()
    try:
        ctx = BuilderContext(tx, source, compile, allow_lazy_constant)
        if compile.recorder is not None:
            return compile.recorder.watch(_sourced, ctx, value)
        return _sourced(ctx, value)
    finally:
        if behaviour.NOTES_TIMES:
            tx.output.bytecode_tracing_timings.variable_builder_call_ns += time.time_ns() - start


def visit_sourceless(tx: Tracer, compile: Compile, value: Any) -> VariableTracker:
    """The tracker of ``value``, which was made while tracing, by a visit."""
    ctx = BuilderContext(tx, None, compile)
    if compile.recorder is not None:
        return compile.recorder.watch(_sourceless, ctx, value)
    return _sourceless(ctx, value)


def _sourceless(ctx: BuilderContext, value: Any) -> VariableTracker:
    return ctx.compile.sourceless[type(value)].visit(ctx, value)


def _sourced(ctx: BuilderContext, value: Any) -> VariableTracker:
    source: Source = ctx.source  # type: ignore[assignment]
    output = ctx.tx.output
    if behaviour.NOTES_SOURCES:
        output.current_tracer.traced_sources.add(source)
    if value in output.side_effects:
        return ctx.alias(value)

    cached = shared.known_tracker(output.variable_tracker_cache, source, value)
    # A lazy tracker that realizes itself finds itself here and needs the real thing.
    if cached is not None and (ctx.allow_lazy_constant or not isinstance(cached, LAZY)):
        return cached

    tracker = ctx.compile.sourced[type(value)].visit(ctx, value)
    source = ctx.source  # type: ignore[assignment]  # some visitors move on to another source
    if tracker.source is None:
        tracker.source = source
    if _register_afterwards(value, tracker) and value not in output.side_effects:
        tracker = output.side_effects.track_object_existing(value, tracker)
    if ctx.compile.when_built and source in ctx.compile.when_built:
        ctx.compile.when_built[source](tracker)
    # torch changes the nesting level of jvp behind Dynamo's back: a cached one would be stale.
    if "JVP_NESTING" not in source.name or not behaviour.KNOWN_BY_SOURCE:
        shared.know_tracker(output.variable_tracker_cache, source, value, tracker)
    return tracker


def _register_afterwards(value: Any, tracker: VariableTracker) -> bool:
    cls = type(tracker)
    if cls in _REGISTERED_AFTERWARDS:
        return not is_wrapper_or_member_descriptor(value)
    return cls is SymNodeVariable and (is_torch_sym(value) or isinstance(value, _DynamicScalar))
