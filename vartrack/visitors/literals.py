"""Literals: numbers, strings, None, dtypes and the other constants of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo import config
from torch._dynamo.utils import common_constant_types
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.compat.names import (
    ByteArrayVariable,
    LazyConstantVariable,
    UserDefinedConstantVariable,
)
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.inputs import integers, numbers

if TYPE_CHECKING:
    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer

UNGUARDED_AT_FIRST = "a lazy constant guards itself when it is used; a symbol needs no more"


class Constant(Sourced, Sourceless, Visitor, abstract=True):
    """A value that is its own content: equal to itself now means equal at every later call."""

    exact = True
    guarded_by = "CONSTANT_MATCH"

    @staticmethod
    def _made(tx: Tracer, compile: Compile, value: Any) -> VariableTracker:
        return ConstantVariable(value)  # never one of the shared None, True and False

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ConstantVariable.create(value, **options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ConstantVariable(value, **options)  # as `_made`


class LazyConstant(Constant, abstract=True):
    """A constant that is guarded only once the program uses it."""

    unguarded = UNGUARDED_AT_FIRST

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        if ctx.allow_lazy_constant and LazyConstantVariable is not None:
            lazy: VariableTracker = LazyConstantVariable.create(value, source=ctx.source)
            return lazy
        return self.realized(ctx, value)

    def realized(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The tracker once laziness is over."""
        return super().visit_sourced(ctx, value)


class Booleans(LazyConstant):
    """True and False."""

    types = (bool,)


class Strings(LazyConstant):
    """Strings of exactly the type ``str``."""

    types = (str,)


class Floats(LazyConstant):
    """A float is a constant; with ``config.specialize_float`` off it may be a symbol."""

    types = (float,)

    def realized(self, ctx: BuilderContext, value: float) -> VariableTracker:
        if config.specialize_float:
            return super().realized(ctx, value)
        return numbers.symbolic_float(ctx, value)


class Integers(LazyConstant):
    """An int is a constant or a symbol, as `integers.treatment` says."""

    types = (int,)

    def visit_sourced(self, ctx: BuilderContext, value: int) -> VariableTracker:
        treatment = integers.treatment(ctx, value)
        if treatment is integers.UNDECIDED:
            return super().visit_sourced(ctx, value)
        return treatment.build(ctx, value)

    def realized(self, ctx: BuilderContext, value: int) -> VariableTracker:
        if config.specialize_int:
            return super().realized(ctx, value)
        return numbers.symbolic_int(ctx, value)


class OtherConstants(Constant):
    """None, Ellipsis, bytes, complex numbers, code, dtypes, devices, layouts and their like."""

    types = tuple(sorted(common_constant_types - {bool, str, float, int}, key=lambda cls: str(cls)))


class ByteArrays(Sourced, Sourceless, Visitor):
    """From 2.15 on; before, a bytearray is an object like any other."""

    on_torch = ">=2.15"
    types = (bytearray,)
    exact = True
    guarded_by = ("TYPE_MATCH", "EQUALS_MATCH")
    tracked = "mutable"
    fresh = True

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ByteArrayVariable(value, **options)

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return ByteArrayVariable(bytearray(value), **options)


class ConstantSubclasses(Sourced, Visitor):
    """A subclass of int, float or str that nothing else is known about."""

    one_half = "torch gives them no tracker when they are made while tracing"
    on_torch = ">=2.12"
    types = (int, float, str)
    guarded_by = ("TYPE_MATCH", "CONSTANT_SUBCLASS_MATCH")
    tracked = "if_supported"

    @staticmethod
    def when_type(cls: type) -> bool:
        return cls not in common_constant_types

    tracker_class = UserDefinedConstantVariable
