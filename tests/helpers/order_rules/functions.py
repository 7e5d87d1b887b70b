"""Functions, methods, operators, and what wraps them."""

from __future__ import annotations

import collections
import dataclasses
import functools
import logging
import math
import random
import sys
import types
import typing

import torch
from order_values import (
    FROMHEX,
    CalledMode,
    Generic,
    IntColor,
    KeptWhole,
    Mode,
    T,
    allowed,
    cached_and_marked,
    call,
    frozen,
    function,
    local_map,
    marked,
    of,
)
from rows import prelude
from torch._dynamo.comptime import comptime
from torch.overrides import TorchFunctionMode

from order_rules.rule import rule

# modes, logging and rewritten functions

rule("a torch function mode", "TorchFunctionModes GenericContextManagers Objects", Mode)
rule(
    "a torch function mode that is allowed in the graph",
    "TorchFunctionModes CallableMap",
    lambda: allowed(CalledMode()),
)
rule(
    "a torch function mode that is a frozen dataclass",
    "TorchFunctionModes FrozenDataclasses",
    lambda: frozen(TorchFunctionMode)(),
)
rule(
    "print, listed",
    "ReorderableLogging CallableMap",
    "[reorderable_logging_functions={print}] print",
)
rule(
    "print, listed twice",
    "ReorderableLogging IgnoredLogging CallableMap",
    "[reorderable_logging_functions={print}] [ignore_logging_functions={print}] print",
)
rule("print, ignored", "IgnoredLogging CallableMap", "[ignore_logging_functions={print}] print")
rule(
    "a function, listed",
    "ReorderableLogging Functions",
    "[reorderable_logging_functions={pyf}] pyf",
)
rule("a function, ignored", "IgnoredLogging Functions", "[ignore_logging_functions={pyf}] pyf")
rule(
    "checkpoint, ignored",
    "IgnoredLogging Checkpoint Functions",
    "[ignore_logging_functions={torch.utils.checkpoint.checkpoint}] torch.utils.checkpoint.checkpoint",
)
rule("a class, ignored", "IgnoredLogging Classes", "[ignore_logging_functions={Obj}] Obj")
rule(
    "a method, ignored",
    "IgnoredLogging Objects",
    "[ignore_logging_functions={METHOD}] METHOD",
)
rule(
    "a logger that is allowed in the graph",
    "Loggers CallableMap",
    lambda: allowed(of("L", logging.Logger, __call__=call)("a")),
)
for _name, _make in (
    ("checkpoint", lambda: torch.utils.checkpoint.checkpoint),
    ("the placeholder of invoke_subgraph", lambda: prelude()["invoke_subgraph_placeholder"]),
):
    _visitor = "Checkpoint" if _name == "checkpoint" else "InvokeSubgraph"
    rule(_name, f"{_visitor} Functions", _make)
    rule(
        f"{_name}, allowed in the graph",
        f"{_visitor} CallableMap Functions",
        lambda make=_make: allowed(make()),
    )
rule(
    "a collective that is allowed in the graph",
    "Collectives CallableMap Functions",
    lambda: allowed(torch.distributed.all_reduce),
)

# partials and typing

rule("a partial", "Partials Objects", lambda: functools.partial(math.sin, 1.0))
rule(
    "a partial that is allowed in the graph",
    "Partials CallableMap",
    lambda: allowed(functools.partial(math.sin, 1.0)),
)
rule("a partial's subclass", "Partials Objects", lambda: of("P", functools.partial)(len))
rule("a partial of a partial of a class", "Partials", "functools.partial(functools.partial(Obj))")
rule(
    "a partial, ignored",
    "IgnoredLogging Partials",
    "[ignore_logging_functions={KEPT}] KEPT",
)
rule(
    "a cached function, ignored",
    "IgnoredLogging CachedFunctions",
    "[ignore_logging_functions={CACHED}] CACHED",
)
rule("a typing alias", "TypingObjects Objects", lambda: typing.List[int])  # noqa: UP006
rule(
    "a typing alias that is allowed in the graph",
    "TypingObjects CallableMap",
    lambda: allowed(typing.List[int]),  # noqa: UP006
)
rule("typing.Generic", "TypingObjects Classes", lambda: typing.Generic)
rule("a generic class", "Classes", lambda: Generic)
rule("a generic class with its argument", "TypingObjects Objects", lambda: Generic[int])
rule("a union", "TypingObjects Objects", lambda: int | str, on_torch=">=2.11")
rule("a type variable", "TypingObjects Objects", lambda: T)
rule("a protocol", "Classes", lambda: typing.SupportsInt)
rule("typing.Any", "", lambda: typing.Any)
rule("a builtin alias", "", lambda: list[int])
rule("a builtin alias made while tracing", "NewTypingObjects", lambda: list[int], sourceless=True)

# functions and methods

rule("a compiled function", "CompiledFunctions Functions", lambda: torch.compile(function()))
rule("a disabled function", "Functions", lambda: torch._dynamo.disable(function()))
rule("a cached function", "CachedFunctions Objects", lambda: functools.lru_cache(function()))
rule("a cached builtin", "CachedFunctions Objects", lambda: functools.lru_cache(math.sin))
rule("a cached class", "Objects", lambda: functools.lru_cache(of("C")))
rule(
    "a cached compiled function",
    "CachedFunctions",
    lambda: functools.lru_cache(torch.compile(function())),
)
rule(
    "a compiled cached function",
    "",
    lambda: torch.compile(functools.lru_cache(function())),
)
rule(
    "a script-if-tracing function",
    "ScriptIfTracing Functions",
    lambda: torch.jit.script_if_tracing(function()),
)
rule(
    "a compiled function marked as script-if-tracing",
    "ScriptIfTracing CompiledFunctions Functions",
    lambda: marked(
        __script_if_tracing_wrapper=True,
        __original_fn=function(),
        _torchdynamo_inline=function(),
    ),
)
rule("namedtuple", "NamedTupleFactory Functions", lambda: collections.namedtuple)
rule("sys.exc_info", "ExceptionGetters Functions", lambda: sys.exc_info)
rule("float.hex", "FloatHex Functions", lambda: float.hex)
rule("float.fromhex", "BoundBuiltinMethods FloatHex Functions", lambda: FROMHEX)
rule("a method in C", "BoundBuiltinMethods Functions", lambda: [].append)
rule("a class method in C", "BoundBuiltinMethods Functions", lambda: dict.fromkeys)
rule("a function of a module in C", "", lambda: math.sin)
rule("a method of a random generator", "", lambda: random.Random(1).random)
rule("a method of a tensor", "", lambda: torch.ones(1).add)
rule("a method of a generator of torch", "", lambda: torch.Generator().seed)
rule("a method in C of an enum member", "", lambda: IntColor.RED.bit_length)
rule("random.random", "RandomFunctions", lambda: random.random, on_torch=">=2.14")
rule("random.shuffle", "RandomMethods Objects", lambda: random.shuffle, on_torch=">=2.14")
rule("a static method", "", lambda: staticmethod(function()))
rule(
    "a constructor in C made while tracing",
    "SupportedNew Functions",
    lambda: tuple.__new__,
    sourceless=True,
)
rule(
    "a constructor in C",
    "BoundBuiltinMethods SupportedBuiltinMethods Functions",
    lambda: tuple.__new__,
)

# operators

rule("a higher-order operator", "HigherOrderOperators Objects", lambda: torch.ops.higher_order.cond)
rule("torch.ops", "PythonModules Objects", lambda: torch.ops)
rule("a namespace of operators", "PythonModules Objects", lambda: torch.ops.aten)
rule("a config", "ConfigModules PythonModules Objects", lambda: torch._dynamo.config)
rule("a backend of torch", "PythonModules Objects", lambda: torch.backends.cudnn)
rule("dataclasses.fields", "DataclassFields Polyfilled Functions", lambda: dataclasses.fields)
rule("comptime", "Comptime Polyfilled Objects", lambda: comptime)
rule("local_map, kept whole", "LocalMaps Functions", KeptWhole(make=local_map))
rule(
    "local_map, kept whole and allowed in the graph",
    "LocalMaps CallableMap Functions",
    KeptWhole(make=lambda: allowed(local_map())),
)
rule(
    "a cached function marked as script-if-tracing",
    "ScriptIfTracing CachedFunctions",
    cached_and_marked,
)
rule(
    "a getset descriptor",
    "GetSetDescriptors Objects",
    lambda: types.FunctionType.__dict__["__code__"],
)
rule(
    "a member descriptor",
    "MemberDescriptors Objects",
    lambda: types.FunctionType.__dict__["__globals__"],
)
rule("a slot of a number", "MethodWrappers Objects", lambda: (5).__add__)
