"""Higher-order operators, and the functions that Dynamo rewrites into them."""

from __future__ import annotations

import types
from typing import Any

import torch
import torch.utils.checkpoint
from torch._dynamo.utils import build_checkpoint_variable, build_invoke_subgraph_variable
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import CollectiveFunctionRewriteVariable
from torch._dynamo.variables.higher_order_ops import (
    FlexAttentionBackwardHighOrderVariable,
    LocalMapWrappedHigherOrderVariable,
    TorchHigherOrderOperatorVariable,
)
from torch._higher_order_ops.invoke_subgraph import invoke_subgraph_placeholder
from torch._ops import HigherOrderOperator

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_FUNCTION_WHEN_NEW


class HigherOrderOperators(Sourced, Visitor):
    """``torch.cond``, ``torch.while_loop`` and all other operators that take functions."""

    one_half = "torch refuses most of them when they are made while tracing"
    types = (HigherOrderOperator,)
    guarded_by = "TYPE_MATCH"

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if value is torch._higher_order_ops.invoke_subgraph:
            ctx.unsupported(
                "Attempted to wrap torch._higher_order_ops.invoke_subgraph",
                explanation="invoke_subgraph cannot be called in a compiled function directly.",
                hints=["Decorate the function with torch.compiler.nested_compile_region instead."],
            )
        super().guards(ctx, value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return TorchHigherOrderOperatorVariable.make(value, **options)


class FlexAttentionBackward(Sourceless, Visitor):
    """``flex_attention_backward`` made while tracing, when torch refuses most others."""

    one_half = "with a source it is an operator like any other"
    types = (type(torch._higher_order_ops.flex_attention_backward),)
    tracker_class = FlexAttentionBackwardHighOrderVariable


class RewrittenFunction(Sourced, Visitor, abstract=True):
    """One Python function that stands for an operator."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    unguarded = "it is torch's own function"
    types = (types.FunctionType,)


class Checkpoint(RewrittenFunction):
    """``torch.utils.checkpoint.checkpoint``."""

    @staticmethod
    def when(value: Any) -> bool:
        return value is torch.utils.checkpoint.checkpoint

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return build_checkpoint_variable(**options)


class InvokeSubgraph(RewrittenFunction):
    """What ``nested_compile_region`` calls."""

    @staticmethod
    def when(value: Any) -> bool:
        return value is invoke_subgraph_placeholder

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return build_invoke_subgraph_variable(**options)


class LocalMaps(RewrittenFunction):
    """What DTensor's ``local_map`` calls, while Dynamo is told to keep it whole."""

    @staticmethod
    def when(value: Any) -> bool:
        return LocalMapWrappedHigherOrderVariable.should_wrap_in_hop(value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return LocalMapWrappedHigherOrderVariable.build(**options)


class Collectives(Sourced, Visitor):
    """Collectives of ``torch.distributed`` that have a functional form."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = (types.FunctionType,)
    guarded_by = "CLOSURE_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return CollectiveFunctionRewriteVariable.can_rewrite(value)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return CollectiveFunctionRewriteVariable.create(ctx.tx, value, **options)
