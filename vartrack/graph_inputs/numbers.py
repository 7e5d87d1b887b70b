"""Ints and floats as symbols, and numbers that travel as tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import sympy
import torch
from torch._dynamo import config
from torch._dynamo.source import (
    FloatTensorSource,
    LocalSource,
    RandomValueSource,
    is_constant_source,
)
from torch._dynamo.utils import get_metrics_context, proxy_args_kwargs, set_feature_use
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable, UnspecializedPythonVariable
from torch._guards import TracingContext
from torch._subclasses.fake_tensor import is_fake
from torch._utils_internal import justknobs_check
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    TrackedFake,
    _constrain_range_for_size,
)

from vartrack import compat
from vartrack.graph_inputs import frame_history
from vartrack.graph_inputs.fake import to_fake
from vartrack.graph_inputs.placeholders import GraphArg, keep_real_value, placeholder

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.context import BuilderContext

__all__ = ["constant", "symbolic_float", "symbolic_int", "unspecialized_primitive"]


def constant(ctx: BuilderContext, value: float) -> VariableTracker:
    """``value`` as a constant that is guarded."""
    ctx.guard("CONSTANT_MATCH")
    return ConstantVariable.create(value, source=ctx.source)


def _known(ctx: BuilderContext) -> VariableTracker | None:
    """The tracker of a number that was met by this name before."""
    return ctx.tx.output.unspec_variable_map.get(ctx.source.name)


def symbolic_int(
    ctx: BuilderContext,
    value: int,
    dynamism: DimDynamic | None = None,
    context: Any = None,
) -> VariableTracker:
    """An int as a symbol, or as a constant where nothing makes it dynamic.

    Args:
        ctx: where the build stands.
        value: the int, of exactly that type.
        dynamism: the kind of symbol, if it was asked for.
        context: what constrains the symbol.
    """
    if type(value) is not int:
        raise AssertionError(f"{value!r} is a {type(value).__qualname__}, not exactly an int")
    known = _known(ctx)
    if known is not None:
        return known
    output = ctx.tx.output
    shape_env = output.shape_env
    if TracingContext.get().force_unspec_int_unbacked_size_like:
        symbol = shape_env.create_unbacked_symint()
        _constrain_range_for_size(symbol)
        context = None
    else:
        if is_constant_source(ctx.source) or (dynamism is None and config.specialize_int):
            return constant(ctx, value)
        history = frame_history.record_number(ctx, value)
        kind = dynamism if dynamism is not None else _kind(ctx.source, history)
        if kind is None:
            return constant(ctx, value)
        excluded = history.excluded_scalar if config.automatic_dynamic_exclusion_guard else None
        symbol = shape_env.create_unspecified_symint_and_symbol(
            value, source=ctx.source, dynamic_dim=kind, excluded_value=excluded
        )
    output.tracked_fakes.append(TrackedFake(symbol, ctx.source, context))
    return _int_input(ctx, symbol)


def _kind(source: Source, history: Any) -> DimDynamic | None:
    """The kind of symbol that an int becomes by what is known of it; None for a constant."""
    changed = frame_history.turned_dynamic(history)
    if changed and config.automatic_dynamic_shapes:
        set_feature_use("dynamo.automatic_dynamic_shapes", True)
        return frame_history.symbol_kind()
    if frame_history.hinted_dynamic(source, 0) or not config.assume_static_by_default:
        return DimDynamic.DYNAMIC
    if changed:
        set_feature_use("dynamo.automatic_dynamic_shapes", False)
    return None


def _int_input(ctx: BuilderContext, symbol: torch.SymInt) -> VariableTracker:
    source: Any = ctx.source
    if isinstance(source, RandomValueSource):
        raise AssertionError("a random value travels as a tensor, never as a symbol")
    ctx.guard("TYPE_MATCH")
    proxy = placeholder(ctx, type(symbol), symbol)
    expr = symbol.node.expr
    if not isinstance(expr, sympy.Symbol):
        raise AssertionError(f"{expr} is an expression, not a symbol of its own")
    output = ctx.tx.output
    output.root_tracer.bound_symbols[expr] = proxy
    tracker = SymNodeVariable.create(ctx.tx, proxy, symbol, source=source)
    output.unspec_variable_map[source.name] = tracker
    if not is_constant_source(source):
        proxy.node.meta["grapharg"] = GraphArg(
            source, symbol, False, None, is_tensor=False, example_strong_ref=symbol
        )
    return tracker


def symbolic_float(ctx: BuilderContext, value: float) -> VariableTracker:
    """A float as a symbol, or as a constant where nothing makes it dynamic.

    A symbolic float travels as a zero-dimensional tensor whose item the graph takes.
    """
    known = _known(ctx)
    if known is not None:
        return known
    history = frame_history.record_number(ctx, value)
    if _float_is_constant(ctx, value, history):
        return constant(ctx, value)
    as_tensor = torch.tensor(value, dtype=torch.float64)
    if torch._C._functorch.is_gradtrackingtensor(as_tensor):
        return constant(ctx, value)
    if isinstance(ctx.source, RandomValueSource):
        raise AssertionError("a random value travels as a tensor, never as a symbol")
    ctx.guard("TYPE_MATCH")
    number = _tensor_input(ctx, value, as_tensor, FloatTensorSource(ctx.source))
    return _take_item(ctx, number)


def _float_is_constant(ctx: BuilderContext, value: float, history: Any) -> bool:
    return (
        config.specialize_float
        or is_constant_source(ctx.source)
        # guards on symbols cannot speak of these
        or not math.isfinite(value)
        # CUDA graphs want no input on the CPU
        or torch._inductor.config.triton.cudagraphs
        or justknobs_check("pytorch/compiler:unspecialize_float_killswitch", False)
        or (config.assume_static_by_default and not frame_history.turned_dynamic(history))
    )


def _take_item(ctx: BuilderContext, number: VariableTracker) -> VariableTracker:
    from vartrack.outputs import wrap_fx_proxy

    output = ctx.tx.output
    # from 2.15 on in the root graph, where every nested graph can reach it
    tracer: Any = output.root_tracer if _ITEM_IN_ROOT else output
    proxy = tracer.create_proxy("call_method", "item", *proxy_args_kwargs([number], {}))
    tracker: Any = wrap_fx_proxy(ctx.tx, proxy)
    output.tracked_fakes.append(TrackedFake(tracker.sym_num, ctx.source, None))
    get_metrics_context().set("tensorify_float_attempt", True, overwrite=True)
    return tracker


_ITEM_IN_ROOT = compat.runs_on(">=2.15")


def unspecialized_primitive(ctx: BuilderContext, value: Any) -> VariableTracker:
    """A number as a zero-dimensional tensor input; what a recorded random call gave is one."""
    known = _known(ctx)
    if known is not None:
        return known
    make = torch._as_tensor_fullprec if _FULL_PRECISION else torch.tensor
    if not isinstance(ctx.source, RandomValueSource):
        ctx.guard("TYPE_MATCH")
    return _tensor_input(ctx, value, make(value), ctx.source)


_FULL_PRECISION = compat.runs_on(">=2.15")


def _tensor_input(
    ctx: BuilderContext, value: Any, as_tensor: torch.Tensor, source: Any
) -> VariableTracker:
    """A placeholder for a number that compiled code turns into a tensor."""
    from vartrack.outputs import wrap_fx_proxy_cls

    tx = ctx.tx
    fake = to_fake(tx, as_tensor, source, is_tensor=False)
    proxy = placeholder(ctx, type(as_tensor), fake, source)
    keep_real_value(tx, proxy, as_tensor)
    tracker: Any = wrap_fx_proxy_cls(
        UnspecializedPythonVariable, tx, proxy, fake, source=source, raw_value=value
    )
    tx.output.unspec_variable_map[ctx.source.name] = tracker
    if is_constant_source(ctx.source):
        return tracker
    if tx.export and not isinstance(ctx.source, LocalSource):
        raise AssertionError(
            f"{ctx.source.name} = {value!r} would become an input of the exported program, which "
            "has none for it; pass it as an argument"
        )
    example = tracker.proxy.node.meta["example_value"]
    if not is_fake(example) or example.fake_mode is not tx.fake_mode:
        raise AssertionError(f"the tensor for {ctx.source.name} is not fake in this frame")
    proxy.node.meta["grapharg"] = GraphArg(
        ctx.source,
        as_tensor,
        pass_arg_as_tensor=True,
        fake_tensor=example,
        is_tensor=False,
        example_strong_ref=as_tensor,
    )
    return tracker
