"""The visitors of results, by the type of the example value."""

from __future__ import annotations

import collections
import operator
from collections.abc import Iterator
from typing import Any

import torch
import torch._functorch.predispatch
import torch._functorch.vmap
from torch._dynamo import config
from torch._dynamo.graph_bytecode_inputs import get_external_object_by_index
from torch._dynamo.source import GetItemSource
from torch._dynamo.utils import is_namedtuple, set_example_value
from torch._dynamo.variables.base import (
    AttributeMutationNew,
    VariableTracker,
    typestr,
)
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, SizeVariable, TupleVariable
from torch._dynamo.variables.sdpa import SDPAParamsVariable
from torch._dynamo.variables.streams import EventVariable, StreamVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch._library.fake_class_registry import FakeScriptObject, maybe_to_fake_obj
from torch._subclasses.meta_utils import is_sparse_any
from torch.fx.immutable_collections import immutable_list

from vartrack.compat import behaviour, containers
from vartrack.compat.making import opaque_object
from vartrack.compat.names import SPARSE_HINTS, is_opaque_class, is_opaque_value
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Traced
from vartrack.core.result import Result
from vartrack.core.texts.articles import with_article
from vartrack.core.visitor import Visitor
from vartrack.graph import targets, wrap
from vartrack.graph.tensor_tracker import tensor_tracker


def _described(tensor: torch.Tensor) -> str:
    if behaviour.DESCRIBES_SPARSE_TENSORS:
        # not str(tensor), which would look at sizes that are not known
        return f"sparse tensor with layout={tensor.layout}, shape={tensor.shape}"
    return str(tensor)


class TensorResults(Traced, Visitor):
    """A new tensor; setting an attribute on it is replayed."""

    types = (torch.Tensor,)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        example = result.example
        if is_sparse_any(example) and not (ctx.tx.export and config.capture_sparse_compute):
            ctx.unsupported(
                "Attempted to wrap sparse Tensor with VariableTracker",
                explanation="An operation gave a sparse tensor, which cannot be traced yet.",
                context=_described(example),
                hints=SPARSE_HINTS,
            )
        tracker = tensor_tracker(ctx.tx, result)
        ctx.tx.output.side_effects._track_obj(
            result.proxy, tracker, mutation_type_cls=AttributeMutationNew
        )
        return tracker


class StateSetters(Traced, Visitor):
    """Setting the state of a random generator gives the function itself."""

    types = (object,)

    @staticmethod
    def when(result: Result) -> bool:
        return targets.sets_random_state(result.target)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        return TorchInGraphFunctionVariable(result.target)


class StateQueries(Traced, Visitor):
    """Guards of torch's own state, which are objects to the program."""

    types = (object,)

    @staticmethod
    def when(result: Result) -> bool:
        return result.target in (torch._C._DisableFuncTorch, torch.cuda._is_in_bad_fork)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        return UserDefinedObjectVariable(result.example)


class SequenceResults(Traced, Visitor):
    """Tuples, lists and named tuples: one node takes out each item."""

    types = (tuple, list)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        example, options = result.example, result.options
        cls = type(example)
        if cls is torch.Size and all(isinstance(size, int) for size in example):
            return SizeVariable([ConstantVariable.create(size) for size in example], **options)
        set_example_value(result.proxy.node, example)
        items = list(self.items(ctx, result))
        if isinstance(example, torch.Size):
            # its proxy stands for the whole of it
            return SizeVariable(items, result.proxy, **options)
        if cls is tuple:
            return TupleVariable(items, **options)
        if cls in (list, immutable_list):
            return ListVariable(items, **options)
        if not is_namedtuple(example):
            raise AssertionError(
                f"an operation gave {with_article(typestr(example))}, which is unknown"
            )
        return containers.new_named_tuple(example, items, options)

    def items(self, ctx: BuilderContext, result: Result) -> Iterator[VariableTracker]:
        replays = _Replays(result) if behaviour.REPLAYS_ITEMS else None
        for index, item in enumerate(result.example):
            if item is None:
                yield ConstantVariable.create(None, **result.options)
                continue
            proxy = result.proxy.tracer.create_proxy(
                "call_function", operator.getitem, (result.proxy, index), {}
            )
            tracker = wrap.wrap_fx_proxy_cls(
                result.target_cls, ctx.tx, proxy, item, **self.item_options(result, index)
            )
            if replays is not None and replays.allows(item, tracker):
                ctx.tx.output.side_effects._track_obj(
                    proxy, tracker, mutation_type_cls=AttributeMutationNew
                )
            yield tracker

    def item_options(self, result: Result, index: int) -> dict[str, Any]:
        """The options of one item: those of the whole, with a source of its own."""
        if "source" not in result.options:
            return result.options
        # only a list of inputs that compiled autograd frees one by one has one
        place = GetItemSource(base=result.options["source"], index=index, index_is_slice=False)
        return {**result.options, "source": place}


class _Replays:
    """Tells the items of a result whose attributes can be replayed: new tensors, each once."""

    def __init__(self, result: Result) -> None:
        leaves = torch.utils._pytree.tree_leaves
        self.times = collections.Counter(map(id, leaves(result.example)))
        self.inputs = {
            id(leaf)
            for node in result.proxy.node.all_input_nodes
            for leaf in leaves(node.meta.get("example_value"))
            if isinstance(leaf, torch.Tensor)
        }

    def allows(self, item: Any, tracker: VariableTracker) -> bool:
        return (
            isinstance(item, torch.Tensor)
            and tracker.is_tensor()
            and tracker.source is None
            and self.times[id(item)] == 1
            and id(item) not in self.inputs
        )


class NoResults(Traced, Visitor):
    """None, from operations that give nothing."""

    types = (type(None),)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        return ConstantVariable.create(None, **result.options)


class ManualSeeds(NoResults):
    """``torch.manual_seed`` gives a generator, which nothing in the graph can hold."""

    types = (torch.Generator,)

    @staticmethod
    def when(result: Result) -> bool:
        return result.target is torch.manual_seed


class SymbolicResults(Traced, Visitor):
    """Symbolic numbers; a symbol that is new with one is bound to its node."""

    types = (torch.SymInt, torch.SymFloat, torch.SymBool)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        ctx.tx.output.current_tracer.track_produced_symints(result.example, result.proxy)
        set_example_value(result.proxy.node, result.example)
        return SymNodeVariable.create(ctx.tx, result.proxy, result.example, **result.options)


class NoteExample(Traced, Visitor, abstract=True):
    """A result that is kept on its node as it is."""

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        set_example_value(result.proxy.node, result.example)
        return self.tracker_of(result)

    def tracker_of(self, result: Result) -> VariableTracker:
        """The tracker, once the example is on the node."""
        return ConstantVariable.create(result.example, **result.options)


class NumberResults(NoteExample):
    """Plain numbers from the few operations that belong in the graph and give some."""

    types = (int, float)

    @staticmethod
    def when(result: Result) -> bool:
        return targets.gives_number(result)


class TextResults(NoteExample):
    """The text that ``hex`` gives, and whatever ``round`` does."""

    types = (object,)

    @staticmethod
    def when(result: Result) -> bool:
        return result.target in ("hex", "__round__")


class QueryResults(NoteExample):
    """Whether a stream or an event is done."""

    types = (object, int)

    @staticmethod
    def when(result: Result) -> bool:
        return result.method == "query"

    def tracker_of(self, result: Result) -> VariableTracker:
        return ConstantVariable(result.example, **result.options)


class EventResults(NoteExample):
    """An event that the graph fetched, made or recorded."""

    types = (object, torch.Event)

    @staticmethod
    def when(result: Result) -> bool:
        if isinstance(result.example, torch.Event) and (
            result.target is get_external_object_by_index or result.method == "record_event"
        ):
            return True
        return targets.is_event_class(result.target)

    def tracker_of(self, result: Result) -> VariableTracker:
        fetched = result.target is get_external_object_by_index
        index = result.proxy.node.args[0] if fetched else None
        return EventVariable(result.proxy, result.example, index, **result.options)


class StreamResults(NoteExample):
    """A stream that the graph fetched by its number, or the current one of a device."""

    types = (object, torch.Stream)

    @staticmethod
    def when(result: Result) -> bool:
        fetched = result.target is get_external_object_by_index
        return (fetched and isinstance(result.example, torch.Stream)) or targets.is_current_stream(
            result.target
        )

    def tracker_of(self, result: Result) -> VariableTracker:
        fetched = result.target is get_external_object_by_index
        index = result.proxy.node.args[0] if fetched else None
        return StreamVariable(result.proxy, result.example, index, **result.options)


class AttentionParameterResults(NoteExample):
    """Attention parameters that the graph made."""

    types = (torch.backends.cuda.SDPAParams,)

    def tracker_of(self, result: Result) -> VariableTracker:
        return SDPAParamsVariable(result.proxy, **result.options)


class FakeScriptObjectResults(Traced, Visitor):
    """Fake script objects, each of which stands for an opaque object."""

    on_torch = ">=2.12"
    types = (FakeScriptObject,)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        return opaque_object(ctx.tx, result.proxy, result.example)


class OpaqueResults(Traced, Visitor):
    """Opaque objects from custom operators."""

    on_torch = ">=2.11"
    types = (object,)

    @staticmethod
    def when(result: Result) -> bool:
        return is_opaque_class(type(result.example))

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        example = result.example
        is_value = is_opaque_value(type(example))
        if is_value and behaviour.KEEPS_OPAQUE_VALUES:
            return opaque_object(ctx.tx, example, example)
        fake = maybe_to_fake_obj(ctx.tx.output.fake_mode, example)
        return opaque_object(ctx.tx, example if is_value else result.proxy, fake)


class OtherResults(Traced, Visitor):
    """Everything else has no place in a graph."""

    types = (object,)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        cls = type(result.example)
        ctx.unsupported(
            "torch.* op returned non-Tensor",
            explanation=f"{result.target} gave {with_article(cls)}, which the graph cannot hold.",
            context=f"example_value type: {typestr(result.example)}; op: "
            f"{result.proxy.node.op}; target: {result.target}",
            hints=[
                f"For an operator of your own, register a visitor with a Traced half for "
                f"{cls.__qualname__}."
            ],
        )
