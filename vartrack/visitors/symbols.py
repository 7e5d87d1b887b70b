"""Symbolic numbers of an outer trace, and numbers that are always dynamic."""

from __future__ import annotations

from typing import Any

import sympy
import torch
from torch._dynamo import graph_break_hints
from torch._dynamo.exc import UserError
from torch._dynamo.source import ConvertIntSource, DynamicScalarSource
from torch._dynamo.utils import is_torch_sym
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazySymNodeFormatString
from torch._dynamo.variables.misc import StringFormatVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._guards import Source
from torch.export.dynamic_shapes import _DimHintType, _IntWrapper
from torch.fx import Proxy
from torch.fx.experimental.sym_node import DynamicInt, _DynamicScalar
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    GuardOnDataDependentSymNode,
    RelaxedUnspecConstraint,
    SymIntSymbolicContext,
    TrackedFake,
)

from vartrack.compat import behaviour
from vartrack.core import diagnostics
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.graph.placeholders import GraphArg, placeholder
from vartrack.inputs import numbers
from vartrack.visitors.one_half import REFUSED_WHEN_NEW

_SYMBOL = "it becomes a symbol, which the shape environment guards"


def symbol_input(ctx: BuilderContext, symbol: torch.SymInt, source: Source) -> Proxy:
    """A placeholder for ``symbol``, which compiled code reads from ``source``."""
    proxy = placeholder(ctx, type(symbol), symbol, source)
    proxy.node.meta["grapharg"] = GraphArg(
        source, symbol, False, None, is_tensor=False, example_strong_ref=symbol
    )
    if isinstance(symbol.node.expr, sympy.Symbol):
        ctx.tx.output.tracked_fakes.append(TrackedFake(symbol, source, None))
    return proxy


def _unbacked(shape_env: Any, value: torch.SymInt, source: Source) -> torch.SymInt:
    """``value`` in this trace, whose shape environment may not be the one it is from."""
    if value.node.shape_env is shape_env:
        return value
    expr = shape_env._transfer_foreign_expr_as_unbacked(value, source=source)
    return shape_env.create_symintnode(expr, hint=None, source=source)


class SymbolicNumbers(Sourced, Visitor):
    """A SymInt or SymBool of an outer trace becomes a fresh symbol of this one."""

    one_half = "made while tracing, only a symbol that the graph knows has a form"
    unguarded = _SYMBOL
    types = (torch.SymInt, torch.SymBool)

    @staticmethod
    def when(value: Any) -> bool:
        return is_torch_sym(value)

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        is_int = isinstance(value, torch.SymInt)
        # a SymBool travels as an int that is compared with 1
        source = ctx.source if is_int else ConvertIntSource(ctx.source)
        shape_env = ctx.tx.output.shape_env
        if value.node.has_hint():
            symbol = shape_env.create_unspecified_symint_and_symbol(
                int(value.node.hint), source, dynamic_dim=DimDynamic.DYNAMIC
            )
        elif (
            is_int and behaviour.TAKES_UNBACKED_SYMBOLS and torch.compiler._is_non_strict_tracing()
        ):
            symbol = _unbacked(shape_env, value, source)
        elif is_int:
            ctx.unsupported(
                "Attempted to wrap unbacked SymInt",
                explanation="A symbolic int whose value is not known cannot be an input yet.",
                hints=graph_break_hints.SUPPORTABLE,
            )
        else:
            symbol = shape_env.create_unbacked_symint()
        proxy = symbol_input(ctx, symbol, source)
        return SymNodeVariable(proxy, symbol if is_int else symbol == 1)


class BoundSymbols(Sourceless, Visitor):
    """A SymInt that the graph has a node for."""

    one_half = "with a source it becomes an input"
    types = (torch.SymInt,)

    def visit_sourceless(self, ctx: BuilderContext, value: torch.SymInt) -> VariableTracker:
        bound = ctx.tx.output.bound_symbols
        if value.node.expr in bound:
            return SymNodeVariable.create(ctx.tx, bound[value.node.expr])
        diagnostics.no_sourceless_form(ctx, value)


class DynamicScalars(Sourced, Visitor):
    """``DynamicInt``: an int that asks to be a symbol always."""

    one_half = REFUSED_WHEN_NEW
    unguarded = _SYMBOL
    types = (_DynamicScalar,)

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        source = DynamicScalarSource(ctx.source, isinstance(value, DynamicInt))
        symbol = ctx.tx.output.root_tracer.dynamic_scalar_nodes.get(id(value))
        if symbol is None:
            shape_env = ctx.tx.output.shape_env
            expr = shape_env.create_unspecified_symbol(
                value.real, source=source, dynamic_dim=DimDynamic.DYNAMIC
            )
            symbol = shape_env.create_symintnode(expr, hint=value.real, source=source)
        return SymNodeVariable.create(ctx.tx, symbol_input(ctx, symbol, source), symbol)


class ExportedIntegers(Sourced, Visitor):
    """An int that ``torch.export`` wrapped to say whether it is dynamic."""

    one_half = REFUSED_WHEN_NEW
    unguarded = _SYMBOL
    types = (_IntWrapper,)
    exact = True

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        kind = None if value.dynamism is None else value.dynamism.type
        if kind is None or kind == _DimHintType.STATIC:
            return numbers.symbolic_int(ctx, value.val)
        if kind == _DimHintType.AUTO:
            return numbers.symbolic_int(ctx, value.val, dynamism=DimDynamic.DYNAMIC)
        if kind == _DimHintType.DYNAMIC:
            strict = SymIntSymbolicContext(constraint=RelaxedUnspecConstraint(warn_only=False))
            return numbers.symbolic_int(ctx, value.val, dynamism=DimDynamic.DYNAMIC, context=strict)
        raise RuntimeError(f"torch.export has no dynamism {value.dynamism!r} for an int")


class DelayedFormats(Sourceless, Visitor):
    """The text of a symbolic number, asked for before the number is known."""

    one_half = "it only exists while tracing"
    types = (LazySymNodeFormatString,)

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        if not behaviour.DELAYS_FORMATS:
            return ConstantVariable.create(str(value))
        try:
            return ConstantVariable.create(str(value))
        except (UserError, GuardOnDataDependentSymNode):
            text = value.fmt_var.as_python_constant()
            tx = (ctx.tx,) if behaviour.FORMAT_TAKES_TRACER else ()
            return StringFormatVariable.create(*tx, text, [value.sym_node_var], {})
