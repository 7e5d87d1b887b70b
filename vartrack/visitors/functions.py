"""Functions written in Python and in C, methods, partials and wrappers."""

from __future__ import annotations

import collections
import functools
import inspect
import random
import sys
import types
from typing import Any

import torch
from torch._dynamo import config, graph_break_hints, trace_rules
from torch._dynamo.utils import is_function, is_torch_class
from torch._dynamo.variables.base import AttributeMutationExisting, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import (
    BoundBuiltinMethodVariable,
    CollectionsNamedTupleFunction,
    FunctoolsPartialVariable,
    SysFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
    WrapperUserFunctionVariable,
)
from torch._dynamo.variables.misc import DebuggingVariable, GetAttrVariable, IgnoredFunctionVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)
from torch.utils._contextlib import _DecoratorContextManager

from vartrack import failures
from vartrack.compat import behaviour
from vartrack.compat.names import find, read_attribute
from vartrack.context import BuilderContext
from vartrack.halves import Sourced, Sourceless
from vartrack.visitor import Visitor
from vartrack.visitors.callables import (
    CALLABLES,
    FUNCTIONS,
    OPERATORS,
    ByTraceRule,
    is_callable_type,
)
from vartrack.visitors.flags import flag

_AS_ANY_FUNCTION = "made while tracing, it is a function like any other"
_REFUSED = "torch refuses it when it is made while tracing"


class Functions(ByTraceRule):
    """A function or operator that no other visitor takes."""

    types = OPERATORS


class Wrapper(Sourced, Visitor, abstract=True):
    """A function around another one, which is what gets traced."""

    guarded_by = "TYPE_MATCH"
    #: The attribute that holds the inner function.
    inner: str

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return WrapperUserFunctionVariable(
            value, self.inner, mutation_type=AttributeMutationExisting(), **options
        )


class CompiledFunctions(Wrapper):
    """What ``torch.compile`` returned for a function."""

    one_half = _AS_ANY_FUNCTION
    types = OPERATORS
    inner = "_torchdynamo_inline"

    @staticmethod
    def when(value: Any) -> bool:
        return bool(flag(value, "_torchdynamo_inline"))


class ScriptFunctions(Wrapper):
    """What ``torch.jit.script`` or ``torch.jit.trace`` returned for a function."""

    one_half = _REFUSED
    types = (torch.jit.ScriptFunction,)
    exact = True
    inner = "_torchdynamo_inline"

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        if not hasattr(value, "_torchdynamo_inline"):
            ctx.unsupported(
                "wrap_jit_function: missing _torchdynamo_inline",
                explanation="This scripted function does not say which Python function it is of.",
                context=f"type: {type(value).__name__}",
                hints=graph_break_hints.SUPPORTABLE,
            )
        super().guards(ctx, value)


class ScriptIfTracing(Wrapper):
    """What ``torch.jit.script_if_tracing`` returned."""

    one_half = _AS_ANY_FUNCTION
    types = CALLABLES
    inner = "__original_fn"

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        return bool(flag(value, "__script_if_tracing_wrapper"))


class CachedFunctions(Wrapper):
    """``functools.lru_cache`` or ``cache`` around a function."""

    one_half = _REFUSED
    types = (functools._lru_cache_wrapper,)
    inner = "__wrapped__"

    @staticmethod
    def when(value: Any) -> bool:
        return is_function(inspect.getattr_static(value, "__wrapped__"))


class Partials(Sourced, Visitor):
    """``functools.partial``: its function and arguments are built at once."""

    one_half = _REFUSED
    types = (functools.partial,)
    parts_first = True

    def children(self, ctx: BuilderContext, value: functools.partial[Any]) -> tuple[Any, ...]:
        func = ctx.attr("func").visit(value.func)
        place = ctx.attr("args")
        args = [place.item(index).visit(arg) for index, arg in enumerate(value.args)]
        place = ctx.attr("keywords")
        keywords = {}
        for name, arg in value.keywords.items():
            if not ConstantVariable.is_literal(name):
                ctx.unsupported(
                    "functools.partial() with non-literal keyword",
                    explanation="The keyword names of a partial must be plain strings.",
                    context=f"non-literal keyword: {name}",
                    hints=graph_break_hints.USER_ERROR,
                )
            keywords[name] = place.dict_item(name).visit(arg)
        return func, args, keywords

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        ctx.guard("TYPE_MATCH")
        ctx.attr("keywords").guard("DICT_KEYS_MATCH")
        ctx.attr("args").guard("SEQUENCE_LENGTH")

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        # selective checkpointing compares partials by this
        cache_hash = getattr(value, "cache_hash", None)
        return FunctoolsPartialVariable(*children, original_cache_hash=cache_hash)


class BoundBuiltinMethods(Sourced, Visitor):
    """A method in C bound to an object that is neither torch's nor a random generator."""

    one_half = _AS_ANY_FUNCTION
    types = (types.BuiltinMethodType,)
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return descriptor_of(value) is not None

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return ctx.attr("__self__").lazy(value.__self__)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return BoundBuiltinMethodVariable(descriptor_of(value), children, **options)


def descriptor_of(method: Any) -> Any:
    """The descriptor a bound C method was made from; None if it is not for this visitor."""
    receiver = method.__self__
    if receiver is None or isinstance(receiver, (types.ModuleType, random.Random)):
        return None
    owner = receiver if isinstance(receiver, type) else type(receiver)
    if is_torch_class(owner):
        return None
    return inspect.getattr_static(owner, method.__name__, None)


class FloatHex(Sourced, Visitor):
    """``float.hex`` and ``float.fromhex``, read from the builtin float."""

    one_half = _AS_ANY_FUNCTION
    types = FUNCTIONS
    guarded_by = "ID_MATCH"

    @staticmethod
    def when(value: Any) -> bool:
        return value in (float.fromhex, float.hex)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        return GetAttrVariable(
            BuiltinVariable(float, **options), value.__name__, py_type=type(value)
        )


class ExceptionGetters(Sourced, Visitor):
    """``sys.exc_info`` and ``sys.exception``."""

    one_half = _AS_ANY_FUNCTION
    unguarded = "they are the interpreter's own"
    types = (types.BuiltinFunctionType,)
    tracker_class = SysFunctionVariable

    _getters = (sys.exc_info, getattr(sys, "exception", sys.exc_info))

    @staticmethod
    def when(value: Any) -> bool:
        return any(value is getter for getter in ExceptionGetters._getters)


class NamedTupleFactory(Sourced, Visitor):
    """``collections.namedtuple``."""

    one_half = _AS_ANY_FUNCTION
    types = (types.FunctionType,)
    guarded_by = "ID_MATCH"
    tracker_class = CollectionsNamedTupleFunction

    @staticmethod
    def when(value: Any) -> bool:
        return value is collections.namedtuple


class ReorderableLogging(Sourced, Visitor):
    """``print`` and its like, where ``config.reorderable_logging_functions`` lists them."""

    one_half = _AS_ANY_FUNCTION
    types = (types.FunctionType, types.BuiltinFunctionType)
    guarded_by = "BUILTIN_MATCH"
    tracker_class = DebuggingVariable

    @staticmethod
    def when(value: Any) -> bool:
        return value in config.reorderable_logging_functions


class IgnoredLogging(Sourced, Visitor):
    """What ``config.ignore_logging_functions`` lists: calls of it do nothing."""

    one_half = _AS_ANY_FUNCTION
    types = CALLABLES
    guarded_by = "ID_MATCH"
    tracker_class = IgnoredFunctionVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        ignored = config.ignore_logging_functions
        return bool(ignored) and any(value is function for function in ignored)


class SupportedNew(Sourceless, Visitor):
    """``tuple.__new__`` and the other constructors in C that Dynamo can call."""

    one_half = "with a source it is a bound C method"
    types = CALLABLES

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        return UserDefinedClassVariable.is_supported_new_method(value)

    def children(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        owner: Any = trace_rules.lookup_callable(value.__self__)
        return owner(value.__self__)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return GetAttrVariable(children, "__new__", py_type=type(value))


class BoundMethods(Sourceless, Visitor):
    """A method bound to a class, or to an object that has a tracker already."""

    one_half = "with a source it is an object like any other"
    types = (types.MethodType,)

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        receiver, name = value.__self__, value.__func__.__name__
        if isinstance(receiver, type):
            if getattr(receiver, name) != value:
                raise AssertionError(f"{receiver!r}.{name} is another method by now")
            try:
                return read_attribute(ctx.visit(receiver), ctx.tx, name)
            except NotImplementedError:
                failures.no_sourceless_form(ctx, value)
        tracker = ctx.tx.output.side_effects.id_to_variable.get(id(receiver))
        if tracker is None:
            tracker = self.new_receiver(ctx, value)
        if behaviour.METHODS_HOLD_TRACKERS:
            return UserMethodVariable(UserFunctionVariable(value.__func__, source=None), tracker)
        return UserMethodVariable(value.__func__, tracker)

    def new_receiver(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The tracker of a receiver that has none: only some context managers can have one."""
        receiver = value.__self__
        if (
            not isinstance(receiver, _DecoratorContextManager)
            or not behaviour.BUILDS_CLONES_OF_MANAGERS
        ):
            failures.no_sourceless_form(ctx, value)
        is_clone = find(
            "_dynamo.variables.user_defined:is_reconstructable_decorator_ctx_manager_clone"
        )
        if (
            is_clone(value.__func__, type(receiver))
            and value.__func__ is not torch.autograd.grad_mode.inference_mode.clone
        ):
            return UserDefinedObjectVariable(receiver)
        ctx.unsupported(
            "Sourceless _DecoratorContextManager method reconstruction unsupported",
            explanation=f"{type(receiver).__qualname__}.{value.__func__.__name__} was made while "
            "tracing, and what it changes could not be done again in compiled code.",
            context=f"{type(receiver)}.{value.__func__.__name__}",
            hints=graph_break_hints.SUPPORTABLE,
        )
