"""Values made while tracing: torch asks for fewer categories, in another order."""

from __future__ import annotations

import dataclasses
import functools
import re
import types
from collections.abc import Callable
from typing import Any

import torch
from order_values import (
    ENTERED,
    CalledColor,
    Meta,
    Point,
    Referred,
    allowed,
    call,
    function,
    hash_,
    new,
    of,
    opaque_value,
)
from rows import prelude
from torch import nn

from order_rules.rule import rule

_graph_module = functools.partial(eval, "torch.fx.symbolic_trace(MyMod())", prelude())


def new_rule(what: str, order: str, make: Callable[[], Any] | str, **options: str) -> None:
    rule(f"{what}, made while tracing", order, make, sourceless=True, **options)


for _name, _order, _make in (
    ("a function", "CallableMap Functions", function),
    ("a constructor in C", "CallableMap SupportedNew Functions", lambda: tuple.__new__),
    ("an enum member", "CallableMap EnumMembers", lambda: CalledColor.RED),
    ("a class", "CallableMap Classes", lambda: of("C")),
    ("a class with a metaclass", "CallableMap Classes", lambda: Meta("C", (), {})),
    ("an exception class", "CallableMap ExceptionClasses Classes", lambda: of("E", ValueError)),
    ("a slot", "CallableMap MethodWrappers", lambda: (5).__add__),
    ("a class method", "CallableMap BoundMethods", lambda: prelude()["Obj"].c),
    ("a graph module", "CallableMap GraphModules", _graph_module),
    (
        "the backward operator of flex attention",
        "CallableMap FlexAttentionBackward",
        lambda: torch._higher_order_ops.flex_attention_backward,
    ),
    ("a builtin alias", "CallableMap NewTypingObjects", lambda: list[int]),
    ("a named tuple", "CallableMap NamedTuples", lambda: of("P", Point, __call__=call)(1, 2)),
    ("an opaque value", "OpaqueValues CallableMap", lambda: opaque_value(__call__=call)),
    ("an opaque reference", "OpaqueReferences CallableMap", Referred),
    ("an object", "CallableMap Objects", lambda: of("O", __call__=call)()),
):
    new_rule(f"{_name} that is allowed in the graph", _order, lambda make=_make: allowed(make()))

new_rule("a compiled function", "Functions", lambda: torch.compile(function()))
new_rule("a method in C", "Functions", lambda: [].append)
new_rule("an enum class", "NewEnumClasses Classes", lambda: prelude()["MyEnum"])
new_rule("a tensor class", "Classes", lambda: of("T", torch.Tensor))
new_rule("an autograd function", "Classes", lambda: prelude()["MyFn"])
new_rule("a metaclass", "Classes", lambda: Meta)
new_rule(
    "an opaque value that is a named tuple",
    "OpaqueValues NamedTuples",
    lambda: opaque_value(Point, 1, 2),
)
new_rule(
    "an opaque value that is a graph module",
    "OpaqueValues GraphModules",
    lambda: opaque_value(torch.fx.GraphModule),
    on_torch=">=2.12",
)
new_rule(
    "a graph module that is a context manager",
    "GraphModules GenericContextManagers",
    lambda: of("G", torch.fx.GraphModule, **ENTERED)(nn.ReLU(), torch.fx.Graph()),
)
new_rule(
    "a named tuple that is a context manager",
    "NamedTuples GenericContextManagers",
    lambda: of("P", Point, **ENTERED)(1, 2),
)
new_rule(
    "a context manager", "GenericContextManagers", lambda: of("C", **ENTERED)(), on_torch=">=2.15"
)
new_rule("a union", "NewTypingObjects", lambda: int | str)
new_rule("a pattern", "RegularExpressions", lambda: re.compile("a"))
new_rule("a tree spec", "Descriptions", "torch.utils._pytree.tree_flatten([1])[1]")
new_rule(
    "the marker of a default factory", "Descriptions", lambda: dataclasses._HAS_DEFAULT_FACTORY
)  # type: ignore[attr-defined]
new_rule("a Python module", "PlainPythonModules", lambda: types)
new_rule("a subclass of Python modules", "Objects", lambda: of("M", types.ModuleType)("m"))
new_rule("a frozenset of literals", "LiteralFrozensets", lambda: frozenset({1}))
new_rule("a set of literals", "Sets", lambda: {1})
new_rule(
    "a dispatch key set",
    "NewDispatchKeySets Objects",
    lambda: torch._C.DispatchKeySet(torch.DispatchKey.CPU),
)
new_rule(
    "a subclass of dispatch key sets that is allowed in the graph",
    "CallableMap Objects",
    lambda: allowed(new(of("D", torch.DispatchKeySet, __call__=call, __hash__=hash_))),
)
new_rule("object()", "BareObjects Objects", object)
new_rule("a slice", "Slices Objects", lambda: slice(0, 3))
