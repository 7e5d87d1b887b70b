"""What is allowed in the graph and what is not, which torch asks in the middle."""

from __future__ import annotations

import collections
import enum
import functools
import random
import sys
import types

import numpy as np
import torch
from order_values import (
    ENTERED,
    Referred,
    allowed,
    call,
    called_context,
    called_record,
    called_stream,
    frozen,
    function,
    hash_,
    not_polyfilled,
    of,
    opaque_value,
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
    ("a cached function", "CachedFunctions Objects", lambda: functools.lru_cache(function())),
    ("a slot of a number", "MethodWrappers Objects", lambda: (5).__add__),
    ("a slot of an object", "MethodWrappers Objects", lambda: object().__str__),
    ("an autocast object", "Autocasts GenericContextManagers", lambda: torch.autocast("cpu")),
    (
        "an optimizer",
        "Optimizers Objects",
        lambda: of("O", torch.optim.SGD, __call__=call)([nn.Parameter(torch.ones(1))]),
    ),
    (
        "a Python module that can be called",
        "PythonModules Objects",
        lambda: of("M", types.ModuleType, __call__=call)("m"),
    ),
    ("a stream that can be called", "Streams Objects", called_stream),
    ("an opaque reference", "OpaqueReferences Objects", lambda: Referred()),
    (
        "an opaque value",
        "OpaqueValues FrozenDataclasses",
        functools.partial(opaque_value, __call__=call),
    ),
    ("dist.group", "WorldGroups Classes", lambda: torch.distributed.group),
    ("a list", "UserLists Objects", lambda: of("L", list, __call__=call, __hash__=hash_)()),
    ("a dict", "UserDicts", lambda: of("D", dict, __call__=call, __hash__=hash_)()),
    (
        "a namespace",
        "SimpleNamespaces Objects",
        lambda: of("N", types.SimpleNamespace, __call__=call, __hash__=hash_)(),
    ),
):
    rule(
        f"{_name} that is allowed in the graph",
        f"CallableMap {_visitors}",
        lambda make=_make: allowed(make()),
    )
for _name, _visitor, _make in (
    ("a result of record_function", "RecordFunctions", called_record),
    (
        "a scalar of NumPy",
        "NumpyScalars NumpyFunctions",
        lambda: of("S", np.float64, __call__=call)(1.5),
    ),
    (
        "an array of NumPy",
        "UntracedArrays NumpyFunctions",
        lambda: np.ones(2).view(of("A", np.ndarray, __call__=call, __hash__=hash_)),
    ),
    ("the context of an autograd function", "AutogradContexts", called_context),
    ("a class of NumPy", "NumpyFunctions", lambda: np.float32),
    (
        "what sets error_on_graph_break",
        "ErrorOnGraphBreaks",
        lambda: torch._dynamo.error_on_graph_break(True),
    ),
):
    rule(
        f"{_name} that is allowed in the graph",
        f"{_visitor} CallableMap",
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
