"""The names a tracer asks by, the same as those of torch's own builder."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.user_defined import (
    MutableMappingVariable,
    UserDefinedObjectVariable,
)
from torch._guards import TracingContext

from vartrack import graph, session
from vartrack.compat import shared, spec_wiring
from vartrack.compat.names import LAZY
from vartrack.core import pipeline
from vartrack.core.context import BuilderContext
from vartrack.graph.graph_arg import BackwardStateGraphArg, GraphArg
from vartrack.graph.tensor_tracker import known_properties
from vartrack.inputs import numbers, wrappers
from vartrack.shapes import source_lists

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer

__all__ = [
    "STAND_INS",
    "BackwardStateGraphArg",
    "GraphArg",
    "SourcelessBuilder",
    "SourcelessUserDefinedObjectBuilder",
    "TorchSourcelessBuilder",
    "TorchVariableBuilder",
    "VariableBuilder",
]

#: torch's own builders, held from before vartrack can replace their names.
TorchVariableBuilder: Any = shared.stock_builder().VariableBuilder
TorchSourcelessBuilder: Any = shared.stock_builder().SourcelessBuilder


class VariableBuilder:
    """Builds the tracker of a value that came from ``source``.

    Args:
        tx: the tracer.
        source: where the value came from.
        allow_lazy_constant: whether an int, float, bool or str may come back as a lazy constant.

    Raises:
        AssertionError: there is no source, or no tracing context is active.

    In a compile that no vartrack registry is meant for, making one gives torch's own builder.

    .. versionadded:: 0.1
    """

    __slots__ = ("allow_lazy_constant", "compile", "source", "tx")

    tx: Tracer
    source: Source
    compile: Compile
    allow_lazy_constant: bool

    def __new__(cls, tx: Tracer, source: Source, allow_lazy_constant: bool = True) -> Any:
        try:
            compile = tx.output.vartrack_compile  # type: ignore[attr-defined]
        except AttributeError:
            compile = session.compile_of(tx)
        if compile is None:
            lazily = (allow_lazy_constant,) if len(LAZY) > 1 else ()
            return TorchVariableBuilder(tx, source, *lazily)
        if source is None:
            raise AssertionError("a value without a source goes to SourcelessBuilder.create")
        if TracingContext.try_get() is None:
            raise AssertionError("no tracing context is active; build values while tracing")
        self = object.__new__(cls)
        self.tx = tx
        self.source = source
        self.compile = compile
        self.allow_lazy_constant = allow_lazy_constant
        return self

    def __call__(self, value: object) -> VariableTracker:
        """The tracker of ``value``."""
        return pipeline.build(self.tx, self.compile, self.source, value, self.allow_lazy_constant)

    @property
    def name(self) -> str:
        """The source as Python text."""
        return self.source.name

    def get_source(self) -> Source:
        """Where the value came from."""
        return self.source

    def install_guards(self, *guards: Callable[..., Any]) -> dict[str, Any] | None:
        """Put guards, given as ``GuardBuilder`` functions, on the source.

        torch's polyfills call this from the entries they add to the identity table.

        Returns:
            An empty dict, or None if the source cannot carry guards.
        """
        ctx = BuilderContext(self.tx, self.source, self.compile)
        return {} if ctx.guard(*(guard.__name__ for guard in guards)) else None

    def wrap_unspecialized_primitive(self, value: Any) -> VariableTracker:
        """A number that a recorded random call produced, as a graph input."""
        ctx = BuilderContext(self.tx, self.source, self.compile)
        return numbers.unspecialized_primitive(ctx, value)

    @classmethod
    def _id_dispatch(cls) -> dict[int, Callable[..., VariableTracker]]:
        # `substitute_in_graph` adds to this dict; it must stay the one torch's own builder uses.
        return TorchVariableBuilder._id_dispatch()


class SourcelessBuilder:
    """Builds the tracker of a value that was made while tracing.

    .. versionadded:: 0.1
    """

    # torch's own `create` finds its table by the name that this class stands in for.
    _type_handlers = TorchSourcelessBuilder._type_handlers

    def __init__(self) -> None:
        raise AssertionError("call SourcelessBuilder.create(tx, value)")

    @staticmethod
    def create(tx: Tracer, value: Any) -> VariableTracker:
        """The tracker of ``value``; it has no source and no guards."""
        try:
            output: Any = tx.output
            make = output.vartrack_made[type(value)]
        except AttributeError:  # the first value of a compile
            return _made_first(tx, value)
        return make(tx, output.vartrack_compile, value)  # type: ignore[no-any-return]


class _ByTorch(dict[type, Any]):
    """What makes values without a source in a compile that runs on torch's own builder."""

    def __missing__(self, cls: type) -> Callable[..., VariableTracker]:
        return _made_by_torch


def _made_by_torch(tx: Tracer, compile: None, value: Any) -> VariableTracker:
    return TorchSourcelessBuilder.create(tx, value)  # type: ignore[no-any-return]


_BY_TORCH = _ByTorch()


def _made_first(tx: Tracer, value: Any) -> VariableTracker:
    """The tracker of ``value``; what makes it and others is kept for the next of them."""
    compile = session.compile_of(tx)
    made: Any = _BY_TORCH if compile is None else compile.made
    output: Any = getattr(tx, "output", None)
    if output is not None:
        output.vartrack_made = made
    return made[type(value)](tx, compile, value)  # type: ignore[no-any-return]


class SourcelessUserDefinedObjectBuilder:
    """Builds a plain object's tracker where the caller knows that an object will do.

    .. versionadded:: 0.1
    """

    def __init__(self) -> None:
        raise AssertionError("call SourcelessUserDefinedObjectBuilder.create(tx, value)")

    @staticmethod
    def create(tx: Tracer, value: Any) -> VariableTracker:
        """A tracker for a mapping, a module or any other object, marked as new."""
        tracker: type[VariableTracker] = UserDefinedObjectVariable
        if isinstance(value, torch.nn.Module):
            tracker = UnspecializedNNModuleVariable
        if issubclass(type(value), MutableMapping):
            tracker = MutableMappingVariable
        return tracker(value, mutation_type=ValueMutationNew())


#: The names that `install` puts in the place of torch's, wherever torch holds them.
STAND_INS: dict[str, Any] = {
    "VariableBuilder": VariableBuilder,
    "SourcelessBuilder": SourcelessBuilder,
    "SourcelessUserDefinedObjectBuilder": SourcelessUserDefinedObjectBuilder,
    "GraphArg": GraphArg,
    "BackwardStateGraphArg": BackwardStateGraphArg,
    "wrap_fx_proxy": graph.wrap_fx_proxy,
    "wrap_fx_proxy_cls": graph.wrap_fx_proxy_cls,
    "get_specialized_props": known_properties,
    "infer_subclass_type": wrappers.override_class,
    "is_dynamic_source": source_lists.is_dynamic_source,
    **spec_wiring.STAND_INS,
}
