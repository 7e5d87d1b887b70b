"""Streams and events of any device: fetched in the graph by a number, never passed in."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.graph_bytecode_inputs import (
    get_external_object_by_index,
    register_user_object,
)
from torch._dynamo.source import CurrentStreamSource
from torch._dynamo.utils import set_example_value
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.streams import (
    EventVariable,
    StreamContextVariable,
    StreamVariable,
)
from torch.fx import Proxy

from vartrack.compat.names import CURRENT_STREAM_INDEX, MemPoolVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import REFUSED_WHEN_NEW


class StreamContexts(Sourced, Visitor):
    """What ``torch.cuda.stream`` returns: its stream is built with it."""

    one_half = REFUSED_WHEN_NEW
    types = (torch.cuda.StreamContext,)
    guarded_by = "ID_MATCH"

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return ctx.attr("stream").visit(value.stream)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return StreamContextVariable.create(ctx.tx, children)


class Numbered(Sourced, Visitor, abstract=True):
    """An object that compiled code keeps in a table, from which the graph fetches it."""

    one_half = REFUSED_WHEN_NEW
    guarded_by = "TYPE_MATCH"

    def children(self, ctx: BuilderContext, value: Any) -> tuple[int, Proxy]:
        index: int
        if CURRENT_STREAM_INDEX is not None and isinstance(ctx.source, CurrentStreamSource):
            index = CURRENT_STREAM_INDEX  # kept free for it
        else:
            index = register_user_object(value, ctx.source)
        proxy = ctx.tx.output.create_proxy(
            "call_function", get_external_object_by_index, (index,), {}
        )
        set_example_value(proxy.node, value)
        return index, proxy


class Streams(Numbered):
    """Streams of any device; the current one has a number that is kept free for it."""

    types = (torch.Stream,)
    tracked = "existing"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        index, proxy = children
        return StreamVariable(proxy, value, user_object_index=index, **options)


class MemPools(Numbered):
    """Memory pools of CUDA; before 2.14 they were objects like any other."""

    on_torch = ">=2.14"
    types = (torch.cuda.MemPool,)
    tracked = "existing"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        index, proxy = children
        return MemPoolVariable(proxy, value, user_object_index=index, **options)


class Events(Numbered):
    """Events of any device."""

    types = (torch.Event,)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        index, proxy = children
        return EventVariable(proxy, value, index, **options)
