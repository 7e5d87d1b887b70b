"""What is allowed in the graph and what is not, which torch asks in the middle."""

from __future__ import annotations

import collections
import enum
import functools
import random
import sys
import types

import torch
from order_values import (
    ENTERED,
    Referred,
    allowed,
    call,
    frozen,
    function,
    not_polyfilled,
    of,
    polyfilled_class,
    refused,
)
from torch import nn
from torch.utils._ordered_set import OrderedSet

from order_rules.rule import rule

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
