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

from vartrack import graph
from vartrack.compat import behaviour
from vartrack.core.input_errors import InputAssertionError, text
from vartrack.core.texts.articles import with_article
from vartrack.graph.fake_tensors import to_fake
from vartrack.graph.placeholders import GraphArg, keep_real_value, placeholder
from vartrack.inputs import value_numbers
from vartrack.shapes import frame_history, reasons
from vartrack.shapes.shape_policy import STATIC_FOR_GOOD

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext

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
        raise AssertionError(f"{value!r} is {with_article(type(value))}, not exactly an int")
    known = _known(ctx)
    if known is not None:
        return known
    output = ctx.tx.output
    shape_env = output.shape_env
    if TracingContext.get().force_unspec_int_unbacked_size_like:
        symbol = shape_env.create_unbacked_symint()
        _constrain_range_for_size(symbol)
        reasons.note_number(ctx, "compiled autograd has every int unbacked")
        context = None
    else:
        if is_constant_source(ctx.source) or (dynamism is None and config.specialize_int):
            return constant(ctx, value)
        history = frame_history.record_number(ctx, value)
        kind = dynamism
        if kind is None:
            kind, why = _kind(ctx.source, history)
            reasons.note_number(ctx, why)
        if kind is None or value_numbers.is_fixed(ctx.compile, ctx.source):
            return constant(ctx, value)
        value_numbers.note_symbol(ctx.compile, ctx.source)
        symbol = shape_env.create_unspecified_symint_and_symbol(
            value, source=ctx.source, dynamic_dim=kind, **_excluding(history)
        )
    output.tracked_fakes.append(TrackedFake(symbol, ctx.source, context))
    return _int_input(ctx, symbol)


def _excluding(history: Any) -> dict[str, Any]:
    """What the symbol of an int must not stand for: the value that it had while it was static."""
    if not behaviour.EXCLUDES_STATIC:
        return {}
    excluded = history.excluded_scalar if config.automatic_dynamic_exclusion_guard else None
    return {"excluded_value": excluded}


def _kind(source: Source, history: Any) -> tuple[DimDynamic | None, str]:
    """The kind of symbol that an int becomes by what is known of it, None for none; and why."""
    changed = frame_history.turned_dynamic(history)
    if changed and config.automatic_dynamic_shapes:
        set_feature_use("dynamo.automatic_dynamic_shapes", True)
        return frame_history.symbol_kind(source.name), "it changed"
    if frame_history.hinted(frame_history.hints(source), 0):
        return DimDynamic.DYNAMIC, "it differs between the examples"
    if not config.assume_static_by_default:
        return DimDynamic.DYNAMIC, _NOT_ASSUMED_STATIC
    if changed:
        set_feature_use("dynamo.automatic_dynamic_shapes", False)
    if not config.automatic_dynamic_shapes:
        return None, STATIC_FOR_GOOD
    return None, "an int is a constant until it changes"


_NOT_ASSUMED_STATIC = "config.assume_static_by_default is off"


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
    why = _why_constant(ctx, value, history)
    as_tensor = None if why else torch.tensor(value, dtype=torch.float64)
    if as_tensor is not None and torch._C._functorch.is_gradtrackingtensor(as_tensor):
        why = "a transform of torch.func is at work"
    if value_numbers.is_fixed(ctx.compile, ctx.source):
        why = "torch could not go on with a symbol"
    if why or as_tensor is None:
        reasons.note_number(ctx, why)
        return constant(ctx, value)
    changed = frame_history.turned_dynamic(history)
    reasons.note_number(ctx, "it changed" if changed else _NOT_ASSUMED_STATIC)
    if isinstance(ctx.source, RandomValueSource):
        raise AssertionError("a random value travels as a tensor, never as a symbol")
    value_numbers.note_symbol(ctx.compile, ctx.source)
    ctx.guard("TYPE_MATCH")
    number = _tensor_input(ctx, value, as_tensor, FloatTensorSource(ctx.source))
    return _take_item(ctx, number)


def _why_constant(ctx: BuilderContext, value: float, history: Any) -> str:
    """Why a float has to be a constant; "" if it need not be."""
    if config.specialize_float:
        return "config.specialize_float is on"
    if is_constant_source(ctx.source):
        return "its source is a constant"
    if not math.isfinite(value):
        return "no guard on a symbol can speak of nan or an infinity"
    if torch._inductor.config.triton.cudagraphs:
        return "CUDA graphs want no input on the CPU"
    if justknobs_check("pytorch/compiler:unspecialize_float_killswitch", False):
        return "symbolic floats are switched off"
    if config.assume_static_by_default and not frame_history.turned_dynamic(history):
        return _UNTIL_IT_CHANGES if config.automatic_dynamic_shapes else STATIC_FOR_GOOD
    return ""


_UNTIL_IT_CHANGES = "a float is a constant until it changes"


def _take_item(ctx: BuilderContext, number: VariableTracker) -> VariableTracker:
    output = ctx.tx.output
    tracer: Any = output.root_tracer if behaviour.TAKES_ITEM_IN_ROOT else output
    proxy = tracer.create_proxy("call_method", "item", *proxy_args_kwargs([number], {}))
    tracker: Any = graph.wrap_fx_proxy(ctx.tx, proxy)
    output.tracked_fakes.append(TrackedFake(tracker.sym_num, ctx.source, None))
    get_metrics_context().set("tensorify_float_attempt", True, overwrite=True)
    return tracker


def unspecialized_primitive(ctx: BuilderContext, value: Any) -> VariableTracker:
    """A number as a zero-dimensional tensor input; what a recorded random call gave is one."""
    known = _known(ctx)
    if known is not None:
        return known
    make = torch._as_tensor_fullprec if behaviour.KEEPS_FULL_PRECISION else torch.tensor
    if not isinstance(ctx.source, RandomValueSource):
        ctx.guard("TYPE_MATCH")
    return _tensor_input(ctx, value, make(value), ctx.source)


def _tensor_input(
    ctx: BuilderContext, value: Any, as_tensor: torch.Tensor, source: Any
) -> VariableTracker:
    """A placeholder for a number that compiled code turns into a tensor."""
    tx = ctx.tx
    fake = to_fake(tx, as_tensor, source, is_tensor=False)
    proxy = placeholder(ctx, type(as_tensor), fake, source)
    keep_real_value(tx, proxy, as_tensor)
    tracker: Any = graph.wrap_fx_proxy_cls(
        UnspecializedPythonVariable, tx, proxy, fake, source=source, raw_value=value
    )
    tx.output.unspec_variable_map[ctx.source.name] = tracker
    if is_constant_source(ctx.source):
        return tracker
    if tx.export and not isinstance(ctx.source, LocalSource):
        raise InputAssertionError(
            text(
                f"{ctx.source.name} = {value!r} would become an input of the exported program",
                "An exported program has the inputs of the function, and no others.",
                "Pass it as an argument, or set torch._dynamo.config.specialize_float = True to "
                "have it constant.",
            )
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
