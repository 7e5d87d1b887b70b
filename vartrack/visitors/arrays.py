"""NumPy: arrays, scalars, dtypes and functions."""

from __future__ import annotations

import inspect
import types
from typing import Any

import numpy as np
from torch._dynamo import config, trace_rules
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import (
    ConstantLikeVariable,
    NumpyDTypeVariable,
    NumpyVariable,
)

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.inputs import arrays
from vartrack.visitors.callables import CALLABLES, is_callable_type
from vartrack.visitors.one_half import REFUSED_WHEN_NEW


class NumpyArrays(Sourced, Visitor):
    """An array is traced as the tensor it converts to."""

    one_half = REFUSED_WHEN_NEW
    types = (np.ndarray,)
    exact = True

    @staticmethod
    def when(value: np.ndarray[Any, Any]) -> bool:
        return config.trace_numpy

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return arrays.ndarray(ctx, value)


class NumpyScalars(Sourced, Visitor):
    """A scalar is traced as an array of no dimensions."""

    one_half = REFUSED_WHEN_NEW
    types = (np.generic,)

    def visit_sourced(self, ctx: BuilderContext, value: np.generic) -> VariableTracker:
        return arrays.ndarray(ctx, np.asarray(value))


class UntracedArrays(Sourced, Visitor):
    """Array subclasses, and all arrays with ``config.trace_numpy`` off."""

    one_half = REFUSED_WHEN_NEW
    types = (np.ndarray,)
    tracker_class = NumpyVariable

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        ctx.guard("ID_MATCH" if callable(value) else "TYPE_MATCH")


class NumpyFunctions(Sourced, Visitor):
    """The functions and classes of NumPy that torch has a counterpart for."""

    one_half = "made while tracing, it is a function or class like any other"
    types = CALLABLES
    tracker_class = NumpyVariable
    unguarded = "a method compiled from Cython keeps no identity"

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        return trace_rules.is_numpy(value)

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if type(value) is types.MethodType:
            if inspect.isfunction(value.__func__):
                ctx.attr("__func__").guard("CLOSURE_MATCH")
        elif inspect.isclass(value):
            ctx.guard("CLASS_MATCH")
        elif inspect.isfunction(value):
            ctx.guard("CLOSURE_MATCH")
        else:
            ctx.guard("ID_MATCH")


class NumpyDTypes(Sourced, Visitor):
    """NumPy's dtypes: constants, which the graph knows by the name of their scalar type."""

    one_half = REFUSED_WHEN_NEW
    types = (np.dtype,)
    guarded_by = "ID_MATCH"
    tracker_class = NumpyDTypeVariable


class FloatLimits(Sourced, Visitor):
    """``np.finfo``, known by identity: NumPy keeps one for each dtype."""

    one_half = REFUSED_WHEN_NEW
    types = (np.finfo,)
    guarded_by = "ID_MATCH"
    tracker_class = ConstantLikeVariable


class IntegerLimits(Sourced, Visitor):
    """NumPy makes a new one at every call, so its dtype is guarded instead of its identity."""

    one_half = REFUSED_WHEN_NEW
    types = (np.iinfo,)
    guarded_by = "TYPE_MATCH"
    tracker_class = ConstantLikeVariable

    def guards(self, ctx: BuilderContext, value: np.iinfo[Any]) -> None:
        super().guards(ctx, value)
        ctx.attr("dtype").guard("ID_MATCH")
