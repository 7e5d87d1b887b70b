"""The order rules: a value for each, and the visitors that take it, the first one first."""

from __future__ import annotations

import abc
import collections
import contextlib
import contextvars
import enum
import functools
import inspect
import logging
import math
import random
import sys
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from order_values import (
    ENTERED,
    FROMHEX,
    CalledColor,
    CalledMode,
    CalledModule,
    ContextFunction,
    DataColor,
    Flags,
    FloatColor,
    FunctionMeta2,
    Generic,
    IntColor,
    Mapping,
    Meta,
    Mode,
    Other,
    PlainFlags,
    Point,
    Referred,
    Subclass,
    T,
    TextColor,
    TupleColor,
    advanced,
    allowed,
    as_module,
    call,
    context,
    frozen,
    function,
    managed,
    marked,
    module,
    new,
    not_polyfilled,
    of,
    opaque_value,
    plain_function,
    polyfilled_class,
    refused,
    tensor_like,
)
from rows import Example, prelude
from torch import nn
from torch.amp.autocast_mode import _UnmanagedAutocast
from torch.fx.experimental.sym_node import DynamicInt
from torch.overrides import TorchFunctionMode
from torch.utils._ordered_set import OrderedSet

from vartrack import compat
from vartrack.visitors import STOCK

VISITORS = {visitor.__name__: visitor for visitor in STOCK}


@dataclass(frozen=True)
class Rule:
    """A value, and the visitors that take it, in the order they are asked.

    Attributes:
        order: the names of the visitors. With the first ones taken out, the next one takes the
            value.
        example: makes the value.
        sourceless: whether the order is that of values made while tracing.
        differs: what is known to differ from torch, in words.
        differs_sourceless: the same for a value made while tracing.
    """

    order: tuple[str, ...]
    example: Example
    sourceless: bool = False
    differs: str = ""
    differs_sourceless: str = ""


RULES: dict[str, Rule] = {}


def rule(
    what: str,
    order: str,
    make: Callable[[], Any] | str,
    *,
    sourceless: bool = False,
    differs: str = "",
    differs_sourceless: str = "",
    on_torch: str = "",
) -> None:
    """Note a rule; ``order`` names the visitors, those that this torch has no use for left out.

    ``make`` is a function or the text of an `Example`.
    """
    if not compat.runs_on(on_torch):
        return
    names = tuple(name for name in order.split() if compat.runs_on(VISITORS[name].on_torch))
    example = Example.read(make) if isinstance(make, str) else Example(make=make)
    assert what not in RULES, what
    RULES[what] = Rule(names, example, sourceless, differs, differs_sourceless)



# an exact type goes before everything that looks at values

rule("a bool is an int", "Booleans Objects", lambda: True)
rule(
    "a pytree key is a frozen dataclass",
    "OtherConstants FrozenDataclasses",
    lambda: torch.utils._pytree.SequenceKey(0),
)
rule(
    "an SDPBackend is an enum made in C++",
    "OtherConstants Objects",
    lambda: torch.nn.attention.SDPBackend.MATH,
)
rule("a dict is a mutable mapping", "Dicts UserDicts MutableMappings", lambda: {"a": 1})
rule("an ordered dict is a dict", "OrderedDicts UserDicts", "collections.OrderedDict(a=1)")
rule(
    "a default dict is a dict",
    "DefaultDicts UserDicts",
    lambda: collections.defaultdict(list, a=1),
)
rule("a list subclass is no list", "UserLists Objects", lambda: of("L", list)([1]))
rule("a literal set is a set", "LiteralSets Sets UserSets", lambda: {1, 2})
rule("a set of others is a set", "Sets UserSets", lambda: {len, 1})
rule("an ordered set of literals", "OrderedSets", lambda: OrderedSet([1, 2]))
rule(
    "an empty frozenset",
    "LiteralFrozensets OperatorFrozensets UserSets",
    lambda: frozenset(),
)
rule("a literal frozenset", "LiteralFrozensets UserSets", lambda: frozenset({1}))
for _name, _item in (
    ("functions", torch.sin),
    ("operators", torch.ops.aten.add.Tensor),
    ("packets", torch.ops.aten.add),
    ("containers", list),
):
    rule(
        f"a frozenset of {_name}",
        "OperatorFrozensets UserSets",
        functools.partial(frozenset, [_item]),
    )
rule("a frozenset of enum members", "UserSets", lambda: frozenset({TextColor.RED}))
rule("a mixed frozenset", "UserSets", lambda: frozenset({torch.sin, 1}))
rule("a frozenset subclass of literals", "UserSets", lambda: of("S", frozenset)([1]))

# numbers and strings that are something else as well

rule("an int enum", "EnumMembers PybindEnumMembers ConstantSubclasses", lambda: IntColor.RED)
rule("an int flag", "EnumMembers ConstantSubclasses", lambda: Flags.A | Flags.B)
rule("a flag", "EnumMembers PybindEnumMembers Objects", lambda: PlainFlags.A)
rule("a str enum", "EnumMembers PybindEnumMembers ConstantSubclasses", lambda: TextColor.RED)
rule("a float enum", "EnumMembers PybindEnumMembers ConstantSubclasses", lambda: FloatColor.HALF)
rule("a tuple enum", "EnumMembers PybindEnumMembers UserTuples", lambda: TupleColor.RED)
rule(
    "an enum of frozen dataclasses",
    "EnumMembers PybindEnumMembers FrozenDataclasses",
    lambda: DataColor.RED,
)
rule(
    "an enum member that is allowed in the graph",
    "EnumMembers PybindEnumMembers CallableMap",
    lambda: allowed(CalledColor.RED),
)
rule("np.float64", "NumpyScalars ConstantSubclasses", lambda: np.float64(1.5))
rule("np.str_", "NumpyScalars ConstantSubclasses", lambda: np.str_("a"))
rule("a dynamic int", "DynamicScalars ConstantSubclasses", lambda: DynamicInt(5))
rule(
    "an int that is a frozen dataclass",
    "FrozenDataclasses ConstantSubclasses",
    lambda: new(frozen(int), 3),
)
rule(
    "an int that is a context manager",
    "ConstantSubclasses GenericContextManagers Objects",
    lambda: of("I", int, **ENTERED)(3),
)
rule(
    "an int that can be called and is allowed in the graph",
    "CallableMap ConstantSubclasses",
    lambda: allowed(of("I", int, __call__=call)(3)),
)

# tensors

rule(
    "a tensor that is a frozen dataclass",
    "TensorSubclasses FrozenDataclasses",
    lambda: tensor_like(frozen(torch.Tensor)),
)
rule(
    "a tensor that is a module",
    "TensorSubclasses Modules",
    lambda: as_module(tensor_like(of("T", torch.Tensor, nn.Module))),
)
rule(
    "a tensor that is a mapping",
    "TensorSubclasses MutableMappings",
    lambda: tensor_like(of("T", torch.Tensor, Mapping)),
)
rule(
    "a tensor that is a context manager",
    "TensorSubclasses GenericContextManagers Objects",
    lambda: tensor_like(of("T", torch.Tensor, **ENTERED)),
)
rule(
    "a tensor that can be called and is allowed in the graph",
    "TensorSubclasses CallableMap",
    lambda: allowed(tensor_like(of("T", torch.Tensor, __call__=call))),
)
rule("a parameter without content", "Objects", nn.UninitializedParameter)
rule("a buffer without content", "Objects", nn.UninitializedBuffer)

# tuples, lists, dicts and sets of users

rule("a named tuple", "NamedTuples UserTuples", lambda: Point(1, 2))
rule("a named tuple's subclass", "NamedTuples UserTuples", lambda: of("P", Point)(1, 2))
rule(
    "a named tuple's subclass with its own __new__",
    "UserTuples",
    lambda: of("P", Point, __new__=lambda cls, *xy: Point.__new__(cls, *xy))(1, 2),
)
rule(
    "a named tuple with another base", "NamedTuples UserTuples", lambda: of("P", Point, Other)(1, 2)
)
rule(
    "a named tuple that can be called and is allowed in the graph",
    "NamedTuples CallableMap UserTuples",
    lambda: allowed(of("P", Point, __call__=call)(1, 2)),
)
rule(
    "a tuple that can be called and is allowed in the graph",
    "CallableMap UserTuples",
    lambda: allowed(of("T", tuple, __call__=call)((1,))),
)
rule("a result of torch", "NamedTuples UserTuples", lambda: torch.ones(2, 2).max(0))
for _base in (tuple, list, set, frozenset):
    rule(
        f"a {_base.__name__} that is a frozen dataclass",
        f"User{_base.__name__.removeprefix('frozen').capitalize()}s FrozenDataclasses",
        lambda base=_base: frozen(base)(),
    )
    rule(
        f"a {_base.__name__} that is a context manager",
        f"User{_base.__name__.removeprefix('frozen').capitalize()}s GenericContextManagers",
        lambda base=_base: of("C", base, **ENTERED)(),
    )
for _base in (list, set):
    rule(
        f"a {_base.__name__} that is a mutable mapping",
        f"User{_base.__name__.capitalize()}s MutableMappings",
        lambda base=_base: of("M", base, Mapping)(),
    )
rule("a dict subclass", "UserDicts MutableMappings Objects", lambda: of("D", dict)(a=1))
rule(
    "a dict that is a frozen dataclass",
    "UserDicts MutableMappings FrozenDataclasses Objects",
    lambda: frozen(dict)(),
)
rule(
    "a dict with its own __new__",
    "MutableMappings Objects",
    lambda: of("D", dict, __new__=lambda cls: dict.__new__(cls))(),
)
rule(
    "a frozen dataclass that is a dict with its own __new__",
    "MutableMappings FrozenDataclasses",
    lambda: frozen(dict, __new__=lambda cls: dict.__new__(cls))(),
)
rule(
    "an ordered dict's subclass",
    "UserDicts MutableMappings",
    lambda: of("D", collections.OrderedDict)(a=1),
)
rule(
    "a default dict's subclass",
    "UserDicts MutableMappings",
    lambda: of("D", collections.defaultdict)(list, a=1),
)
rule("a counter", "UserDicts MutableMappings", lambda: collections.Counter("ab"))
rule("a mapping", "MutableMappings Objects", lambda: collections.UserDict(a=1))
rule(
    "a mapping that is a frozen dataclass",
    "MutableMappings FrozenDataclasses",
    lambda: frozen(Mapping)(),
)
rule(
    "a dict that can be called and is allowed in the graph",
    "CallableMap MutableMappings",
    lambda: allowed(of("M", Mapping, __call__=call, __hash__=object.__hash__)()),
)
rule(
    "a deque's subclass that is a frozen dataclass",
    "UserDeques FrozenDataclasses",
    lambda: frozen(collections.deque)(),
)
rule("an immutable list", "UserLists", "torch.fx.immutable_collections.immutable_list([1])")
rule(
    "an immutable list made while tracing",
    "ImmutableLists",
    "torch.fx.immutable_collections.immutable_list([1])",
    sourceless=True,
)

# modules

for _name, _base, _next in (
    ("a dict", dict, "UserDicts MutableMappings"),
    ("a list", list, "UserLists"),
    ("a mapping", Mapping, "MutableMappings"),
    ("a torch function mode", Mode, "TorchFunctionModes"),
    ("a logger", logging.Logger, "Loggers"),
    ("an optimizer", torch.optim.Optimizer, "Optimizers"),
    ("a number", float, "ConstantSubclasses"),
    ("a Python module", types.ModuleType, "PythonModules"),
):
    rule(
        f"a module that is {_name}",
        f"Modules {_next}",
        lambda base=_base: module(of("M", nn.Module, base, __hash__=object.__hash__)),
    )
for _name, _base, _next in (
    ("a dict", dict, "UserDicts MutableMappings"),
    ("a mapping", Mapping, "MutableMappings"),
    ("a number", float, "ConstantSubclasses"),
):
    rule(
        f"{_name} that is a module",
        f"Modules {_next}",
        lambda base=_base: module(of("M", base, nn.Module, __hash__=object.__hash__)),
    )
for _name, _bases in (
    ("a torch function mode that is a module", (Mode, nn.Module)),
    ("an optimizer that is a module", (torch.optim.Optimizer, nn.Module)),
    ("a Python module that is a module", (types.ModuleType, nn.Module)),
):
    rule(_name, "Modules", lambda bases=_bases: module(of("M", *bases)))
rule(
    "a module that is a tensor",
    "TensorSubclasses",
    lambda: as_module(tensor_like(of("T", nn.Module, torch.Tensor))),
)
rule(
    "a module that is a frozen dataclass",
    "Modules FrozenDataclasses",
    lambda: module(frozen(nn.Module)),
)
rule(
    "a module that is a context manager",
    "Modules GenericContextManagers Objects",
    lambda: module(of("M", nn.Module, **ENTERED)),
)
rule(
    "a module that is allowed in the graph", "Modules CallableMap", lambda: allowed(CalledModule())
)
rule(
    "a module without attributes",
    "EmptyModules Modules",
    lambda: CalledModule.__new__(CalledModule),
)
rule(
    "an LSTM without attributes", "EmptyModules RecurrentModules", lambda: nn.LSTM.__new__(nn.LSTM)
)
rule("an LSTM", "RecurrentModules Modules", lambda: nn.LSTM(2, 2))
rule("an LSTM under FSDP", "RecurrentModules FsdpModules Modules", lambda: managed(nn.LSTM(2, 2)))
rule("an LSTM, allowed by the config", "Modules", "[allow_rnn=True] nn.LSTM(2, 2)")
rule("a module under FSDP", "FsdpModules Modules", lambda: managed(CalledModule()))
rule("a compiled module", "CompiledModules Modules", lambda: torch.compile(CalledModule()))
rule(
    "a compiled module that is allowed in the graph",
    "CompiledModules Modules CallableMap",
    lambda: allowed(torch.compile(CalledModule())),
)
rule("a scripted module", "ScriptModules Modules", lambda: torch.jit.script(nn.ReLU()))
rule("a graph module", "Modules", "torch.fx.symbolic_trace(MyMod())")
rule(
    "a graph module made while tracing",
    "GraphModules",
    "torch.fx.symbolic_trace(MyMod())",
    sourceless=True,
)
rule(
    "a graph module that is allowed in the graph, made while tracing",
    "CallableMap GraphModules",
    lambda: allowed(eval("torch.fx.symbolic_trace(MyMod())", prelude())),
    sourceless=True,
)

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
rule("a union", "TypingObjects Objects", lambda: int | str)
rule("a type variable", "TypingObjects Objects", lambda: T)
rule("a protocol", "Classes", lambda: typing.SupportsInt)
rule("typing.Any", "", lambda: typing.Any)
rule("a builtin alias", "", lambda: list[int])
rule("a builtin alias made while tracing", "NewTypingObjects", lambda: list[int], sourceless=True)

# NumPy

rule("a ufunc", "NumpyFunctions Objects", lambda: np.sin)
rule(
    "a ufunc that is allowed in the graph",
    "NumpyFunctions CallableMap",
    lambda: allowed(np.sin),
)
rule("a class of NumPy", "NumpyFunctions Classes", lambda: np.float32)
rule("an array", "NumpyArrays UntracedArrays", lambda: np.ones(2))
rule("a matrix", "UntracedArrays", lambda: np.matrix([[1.0]]))
rule(
    "an array's subclass that can be called",
    "UntracedArrays",
    lambda: np.ones(2).view(of("A", np.ndarray, __call__=call)),
)

# autograd

rule("an autograd function", "AutogradFunctions Classes", lambda: ContextFunction)
rule(
    "an autograd function that is allowed in the graph",
    "AutogradFunctions CallableMap Classes",
    lambda: allowed(ContextFunction),
)
rule(
    "an autograd function with another metaclass",
    "Classes",
    lambda: FunctionMeta2("F", (torch.autograd.Function,), {}),
)
rule("the context of an autograd function", "AutogradContexts Objects", context)
rule(
    "apply of an autograd function",
    "AutogradApply Objects",
    lambda: ContextFunction.apply,
    on_torch="<2.14",
)
rule("apply of an autograd function, in C", "", lambda: ContextFunction.apply, on_torch=">=2.14")
rule("a method called apply", "", lambda: of("O", apply=classmethod(call)).apply)

# what is allowed in the graph, and what is not

rule(
    "a function that is allowed in the graph", "CallableMap Functions", lambda: allowed(function())
)
rule("an operator that is not", "CallableMap Functions", lambda: refused(torch.erfc))
rule(
    "a function that is both",
    "CallableMap Functions",
    lambda: allowed(refused(function())),
)
rule("an object that can be called", "Objects", lambda: of("O", __call__=call)())
rule(
    "an object that is allowed in the graph",
    "CallableMap Objects",
    lambda: allowed(of("O", __call__=call)()),
)
rule(
    "a frozen dataclass that is allowed in the graph",
    "CallableMap FrozenDataclasses",
    lambda: allowed(frozen(__call__=call)()),
)
rule(
    "a context manager that is allowed in the graph",
    "CallableMap GenericContextManagers Objects",
    lambda: allowed(of("C", __call__=call, **ENTERED)()),
)
for _name, _visitors, _make in (
    ("a class", "Classes", lambda: of("C")),
    ("an exception class", "ExceptionClasses Classes", lambda: of("E", ValueError)),
    ("an enum class", "EnumClasses", lambda: enum.Enum("E", "A")),
    ("a tensor class", "TensorSubclassClasses", lambda: of("T", torch.Tensor)),
    ("a context manager class", "ManagerClasses", lambda: torch.no_grad),
    ("OrderedSet", "OrderedSetClass", lambda: OrderedSet),
    ("random.Random", "RandomClass", lambda: random.Random),
    ("a class of itertools", "ItertoolsClasses", not_polyfilled),
    ("namedtuple", "NamedTupleFactory Functions", lambda: collections.namedtuple),
    ("sys.exc_info", "ExceptionGetters", lambda: sys.exc_info),
    ("float.hex", "FloatHex", lambda: float.hex),
    ("a higher-order operator", "HigherOrderOperators", lambda: torch.ops.higher_order.cond),
    ("a compiled function", "CompiledFunctions", lambda: torch.compile(function())),
    (
        "a script-if-tracing function",
        "ScriptIfTracing",
        lambda: torch.jit.script_if_tracing(function()),
    ),
    ("a method in C", "BoundBuiltinMethods", lambda: [].append),
):
    rule(
        f"{_name} that is allowed in the graph",
        f"CallableMap {_visitors}",
        lambda make=_make: allowed(make()),
    )
for _name, _make in (
    ("a cached function", lambda: functools.lru_cache(function())),
    ("a slot of an object", lambda: (5).__add__),
    ("an autocast object", lambda: torch.autocast("cpu")),
    (
        "an optimizer",
        lambda: of("O", torch.optim.SGD, __call__=call)([nn.Parameter(torch.ones(1))]),
    ),
    ("a Python module that can be called", lambda: of("M", types.ModuleType, __call__=call)("m")),
    ("an opaque reference", lambda: Referred()),
    ("a bound slot", lambda: object().__str__),
):
    rule(
        f"{_name} that is allowed in the graph",
        "CallableMap",
        lambda make=_make: allowed(make()),
    )
rule("a polyfilled class", "Polyfilled CallableMap Classes", polyfilled_class)
rule(
    "a polyfilled class made while tracing",
    "CallableMap Classes",
    polyfilled_class,
    sourceless=True,
)
rule("a class of itertools", "ItertoolsClasses Classes", not_polyfilled)
rule("a builtin", "CallableMap Functions", lambda: len)
rule("a builtin class", "CallableMap Classes", lambda: dict)

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
rule("a constructor in C", "BoundBuiltinMethods Functions", lambda: tuple.__new__)

# operators

rule("a higher-order operator", "HigherOrderOperators Objects", lambda: torch.ops.higher_order.cond)
rule("torch.ops", "PythonModules Objects", lambda: torch.ops)
rule("a namespace of operators", "PythonModules Objects", lambda: torch.ops.aten)
rule("a config", "ConfigModules PythonModules Objects", lambda: torch._dynamo.config)
rule("a backend of torch", "PythonModules Objects", lambda: torch.backends.cudnn)

# classes

rule("an exception class", "ExceptionClasses Classes", lambda: of("E", ValueError))
rule(
    "an exception class in a closure",
    "ExceptionClasses Classes",
    "@closure type('E', (ValueError,), {})",
)
rule(
    "an exception class with a metaclass",
    "ExceptionClasses Classes",
    lambda: Meta("E", (ValueError,), {}),
)
rule("a class in a closure", "Classes Objects", "@closure type('C', (), {})")
rule("a class with a metaclass", "Classes", lambda: Meta("C", (), {}))
rule("a class with an abstract metaclass", "Classes", lambda: Mapping)
rule("a metaclass", "Classes", lambda: Meta)
rule("ABCMeta", "Classes", lambda: abc.ABCMeta)
rule("type", "CallableMap Classes", lambda: type)
rule("an enum class", "EnumClasses OpaqueClasses Classes", lambda: TextColor)
rule("an opaque class", "OpaqueClasses Classes", lambda: torch.distributed.tensor.Shard)
rule("nn.Parameter", "ModuleClassesInGraph TensorSubclassClasses Classes", lambda: nn.Parameter)
rule("nn.Buffer", "ModuleClassesInGraph TensorSubclassClasses Classes", lambda: nn.Buffer)
rule("BackwardHook", "ModuleClassesInGraph Classes", lambda: torch.utils.hooks.BackwardHook)
rule("a tensor class", "TensorSubclassClasses Classes", lambda: Subclass)
rule("a tensor class in a closure", "TensorSubclassClasses", "@closure TFSub")
rule("a class of tensors that wrap others", "Classes", "TwoTensor")
rule("a context manager class", "ManagerClasses Classes", lambda: torch.no_grad)
rule("the autocast class", "ManagerClasses Classes", lambda: torch.autocast)
rule("OrderedSet", "OrderedSetClass Classes", lambda: OrderedSet)
rule("random.Random", "RandomClass Classes", lambda: random.Random)
rule("dist.group", "WorldGroups Classes Objects", lambda: torch.distributed.group)
rule("a class of torch", "Classes", lambda: torch.utils.hooks.RemovableHandle)
rule("a class of modules", "Classes", lambda: nn.Linear)
rule("the class of a named tuple", "Classes", lambda: Point)

# context managers, streams and events

rule(
    "an autocast object", "Autocasts GenericContextManagers Objects", lambda: torch.autocast("cpu")
)
rule(
    "an autocast object of a device",
    "Autocasts GenericContextManagers Objects",
    lambda: torch.cpu.amp.autocast(),
)
rule(
    "an unmanaged autocast",
    "UnmanagedAutocasts Autocasts",
    lambda: _UnmanagedAutocast("cpu", torch.bfloat16, True, True),
)
rule(
    "record_function",
    "RecordFunctions GenericContextManagers Objects",
    lambda: torch.profiler.record_function("a"),
)
rule("nullcontext", "NullContexts GenericContextManagers Objects", contextlib.nullcontext)
rule(
    "nullcontext that gives something",
    "GenericContextManagers Objects",
    lambda: contextlib.nullcontext(1),
)
rule(
    "a config patch",
    "ConfigPatches GenericContextManagers Objects",
    "torch._dynamo.patch_dynamo_config(verbose=True)",
)
rule(
    "a config patch that is allowed in the graph",
    "ConfigPatches CallableMap",
    lambda: allowed(eval("torch._dynamo.patch_dynamo_config(verbose=True)", prelude())),
)
rule("a stream", "Streams Objects", "torch.Stream(device='cpu')")
rule("an event", "Events Objects", "torch.Event('cpu')")
rule(
    "a stream context",
    "StreamContexts GenericContextManagers Objects",
    lambda: torch.cuda.StreamContext(torch.Stream(device="cpu")),
)

# opaque objects

rule("a placement", "OpaqueValues", lambda: torch.distributed.tensor.Shard(0))
for _name, _bases, _next in (
    ("a frozen dataclass", (), "FrozenDataclasses"),
    ("an int", (int,), "FrozenDataclasses ConstantSubclasses"),
    ("a dict", (dict,), "UserDicts MutableMappings"),
    ("a tuple", (tuple,), "UserTuples"),
    ("a mapping", (Mapping,), "MutableMappings"),
):
    rule(
        f"{_name} that is an opaque value",
        f"OpaqueValues {_next}",
        functools.partial(opaque_value, *_bases),
    )
rule(
    "a module that is an opaque value",
    "Modules OpaqueValues",
    lambda: as_module(opaque_value(nn.Module)),
)
rule(
    "a named tuple that is an opaque value",
    "NamedTuples OpaqueValues",
    lambda: opaque_value(Point, 1, 2),
)
rule(
    "a placement made while tracing",
    "OpaqueValues",
    lambda: torch.distributed.tensor.Shard(0),
    sourceless=True,
)
rule("a generator of torch", "Generators OpaqueReferences", torch.Generator)
rule(
    "a generator of torch made while tracing", "OpaqueReferences", torch.Generator, sourceless=True
)
rule("a device mesh", "OpaqueReferences GenericContextManagers Objects", "make_mesh()")

# all other objects

rule("an object", "Objects", lambda: of("O")())
rule("an object of a class that reads attributes its own way", "Objects", "GetAttribute()")
rule("a module of a class that reads attributes its own way", "Modules", "nn_getattribute()")
rule(
    "an int of a class that reads attributes its own way",
    "ConstantSubclasses Objects",
    lambda: of("I", int, __getattribute__=lambda s, n: int.__getattribute__(s, n))(3),
)
rule("object()", "BareObjects Objects", object)
rule("a frozen dataclass", "FrozenDataclasses Objects", lambda: frozen()())
rule(
    "a frozen dataclass that is a context manager",
    "FrozenDataclasses GenericContextManagers",
    lambda: frozen(**ENTERED)(),
)
rule(
    "a namespace that is a context manager",
    "GenericContextManagers SimpleNamespaces",
    lambda: of("N", types.SimpleNamespace, **ENTERED)(),
)
rule("a namespace", "SimpleNamespaces Objects", lambda: types.SimpleNamespace(a=1))
rule("a signature", "Signatures Objects", lambda: inspect.signature(plain_function))
rule("a generator", "NewGenerators Objects", lambda: (x for x in (1, 2)))
rule("a generator under way", "Objects", lambda: advanced())
rule("a context variable", "ContextVariables Objects", lambda: contextvars.ContextVar("a"))
rule("the keys of a dict", "DictKeys Objects", lambda: {"a": 1}.keys())
rule("the keys of an ordered dict", "DictKeys Objects", "collections.OrderedDict(a=1).keys()")
rule("an exception", "Objects", lambda: ValueError("a"))
rule(
    "an exception that is a frozen dataclass",
    "FrozenDataclasses Objects",
    lambda: frozen(ValueError)(),
)
rule("a property", "Properties Objects", lambda: property(plain_function))
