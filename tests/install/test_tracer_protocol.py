"""Dynamo's translator offers what `vartrack.core.protocol` asks of a tracer, and so can another one."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from making import a_visitor
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import LocalSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import ListVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable, UserDefinedObjectVariable
from torch._guards import TracingContext, tracing

import vartrack
from vartrack import BuilderContext, Tracer
from vartrack.core import protocol


class Thing:
    def __init__(self, number: int = 3) -> None:
        self.number = number


# Dynamo's own


@pytest.fixture
def translator() -> Any:
    """The ``tx`` that a visitor gets in a real compile."""
    caught: list[Any] = []

    def tracker(self: Any, ctx: BuilderContext, value: Any, children: Any, **options: Any) -> Any:
        caught.append(ctx.tx)
        return UserDefinedObjectVariable(value, **options)

    registry = vartrack.stock.derive("watching")
    registry.register(a_visitor(Thing, guarded_by="TYPE_MATCH", tracker=tracker))
    with vartrack.use(registry):
        torch.compile(lambda x, thing: x * thing.number, backend="eager")(torch.ones(1), Thing())
    torch._dynamo.reset()
    return caught[0]


@pytest.mark.parametrize(
    "path, protocol",
    [
        ("", protocol.Tracer),
        ("output", protocol.Output),
        ("output", protocol.BuildOutput),
        ("output.side_effects", protocol.SideEffects),
        ("output.guards", protocol.GuardSet),
        ("output.current_tracer", protocol.SubgraphTracer),
        ("output.root_tracer", protocol.SubgraphTracer),
        ("output.bytecode_tracing_timings", protocol.Timings),
    ],
)
def test_dynamos_translator_is_a_tracer(translator: Any, path: str, protocol: Any) -> None:
    """In a real compile, the translator and each part of it that a protocol describes have
    everything the protocol names."""
    part = translator
    for name in filter(None, path.split(".")):
        part = getattr(part, name)
    missing = [name for name in typing._get_protocol_attrs(protocol) if not hasattr(part, name)]
    assert missing == []
    assert isinstance(part, protocol)
    assert isinstance(translator, InstructionTranslator)


def test_an_object_that_offers_nothing_is_no_tracer() -> None:
    """The check above can fail."""
    assert not isinstance(object(), Tracer)
    assert not isinstance(types.SimpleNamespace(export=False), protocol.Output)


# another one


class SmallOutput:
    """What `vartrack.core.protocol.BuildOutput` asks for, and no graph."""

    def __init__(self, context: TracingContext) -> None:
        self.side_effects = SideEffects(self)  # type: ignore[arg-type]
        self.variable_tracker_cache: dict[Any, Any] = {}
        self.guard_on_key_order: set[Any] = set()
        self.local_scope: dict[str, Any] = {}
        self.bytecode_tracing_timings = types.SimpleNamespace(variable_builder_call_ns=0)
        self.guards = context.guards_context.dynamo_guards
        self.current_tracer = types.SimpleNamespace(traced_sources=set())


class SmallTracer:
    """A tracer that is not Dynamo's: it builds values, and traces nothing."""

    def __init__(self) -> None:
        self.context = TracingContext(None)
        self.output = SmallOutput(self.context)

    def build(self, value: Any, name: str = "v", **options: Any) -> Any:
        return vartrack.VariableBuilder(self, LocalSource(name), **options)(value)

    def make(self, value: Any) -> Any:
        return vartrack.SourcelessBuilder.create(self, value)

    def guards(self, name: str = "v") -> list[str]:
        kinds = self.output.guards.get_guards_for_source(LocalSource(name))
        return sorted(guard.inner_create_fn().__name__ for guard in kinds)


@pytest.fixture
def small() -> Iterator[SmallTracer]:
    tx = SmallTracer()
    current = InstructionTranslator.set_current_tx(tx)  # type: ignore[arg-type]
    with vartrack.use(vartrack.stock), tracing(tx.context), current:
        yield tx


def test_what_a_small_tracer_offers(small: SmallTracer) -> None:
    """It has what the protocol calls enough, and is not mistaken for more."""
    assert isinstance(small.output, protocol.BuildOutput)
    assert not isinstance(small.output, protocol.Output)


def test_a_list(small: SmallTracer) -> None:
    """With a source: guarded, registered for mutation, its items lazy under their own sources and
    built by the same registry when they are needed. Without: all at once, marked as new."""
    value = [1, [Thing()]]
    tracker = small.build(value)
    assert type(tracker) is ListVariable and tracker.source == LocalSource("v")
    assert small.guards() == ["SEQUENCE_LENGTH"]
    assert small.output.side_effects[value] is tracker
    inner = tracker.items[1]
    assert isinstance(inner, LazyVariableTracker) and not inner.is_realized()
    (thing,) = inner.realize().items
    assert type(thing.realize()) is UserDefinedObjectVariable
    assert thing.realize().source.name == "L['v'][1][0]"
    made = small.make([1, 2])
    assert [item.value for item in made.items] == [1, 2] and made.source is None
    assert type(made.mutation_type).__name__ == "ValueMutationNew"


def test_a_dict(small: SmallTracer) -> None:
    """A dict, with a source and without."""
    value = {"a": 1, "b": [2]}
    tracker = small.build(value)
    assert type(tracker) is ConstDictVariable
    assert {key.vt.value for key in tracker.items} == {"a", "b"}
    assert small.output.side_effects[value] is tracker
    made = small.make({"a": 1})
    assert [item.value for item in made.items.values()] == [1]


def test_an_int(small: SmallTracer) -> None:
    """An int is lazy until it is needed; specialized it is a guarded constant; without a source
    it is a constant."""
    assert small.build(7).peek_value() == 7
    assert small.guards() == []
    with torch._dynamo.config.patch(specialize_int=True):
        tracker = small.build(7, allow_lazy_constant=False)
    assert (type(tracker), tracker.value) == (ConstantVariable, 7)
    assert small.guards() == ["CONSTANT_MATCH"]
    assert small.make(7).value == 7


def test_an_object_and_its_class(small: SmallTracer) -> None:
    """An object is guarded and registered once, whatever way it is met again; made while tracing
    it is built where the tracer knows that an object will do."""
    thing = Thing()
    tracker = small.build(thing)
    assert type(tracker) is UserDefinedObjectVariable and tracker.value is thing
    assert small.guards() == ["TYPE_MATCH"]
    assert small.build(thing, "again") is tracker
    assert small.guards("again") == ["DUPLICATE_INPUT"]
    assert type(small.make(Thing)) is UserDefinedClassVariable
    made = vartrack.SourcelessUserDefinedObjectBuilder.create(small, Thing())
    assert type(made) is UserDefinedObjectVariable and made.source is None


def test_a_small_tracer_has_a_compile_of_its_own(small: SmallTracer) -> None:
    """All builds for one output use one table, whatever is registered meanwhile, and their time
    is counted."""
    small.build([1])
    compile = small.output.vartrack_compile
    small.build([1], "other")
    assert small.output.vartrack_compile is compile
    assert {list, Thing} & compile.sourced.keys() == {list}
    assert small.output.bytecode_tracing_timings.variable_builder_call_ns > 0
    assert small.output.current_tracer.traced_sources == {LocalSource("v"), LocalSource("other")}


def test_a_builder_needs_a_source_and_a_tracing_context(small: SmallTracer) -> None:
    """Without either, asking for a sourced build is a mistake of the tracer."""
    with pytest.raises(AssertionError, match="SourcelessBuilder"):
        vartrack.VariableBuilder(small, None)
    with tracing(None), pytest.raises(AssertionError, match="no tracing context"):
        vartrack.VariableBuilder(small, LocalSource("v"))
