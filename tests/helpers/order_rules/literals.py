"""Exact types go before what looks at values; numbers and strings that are more than that."""

from __future__ import annotations

import collections
import functools

import numpy as np
import torch
from order_values import (
    ENTERED,
    CalledColor,
    DataColor,
    DynamicColor,
    Flags,
    FloatColor,
    IntColor,
    PlainFlags,
    TextColor,
    TupleColor,
    allowed,
    call,
    frozen,
    new,
    of,
)
from torch.fx.experimental.sym_node import DynamicInt
from torch.utils._ordered_set import OrderedSet

from order_rules.rule import rule

# an exact type goes before everything that looks at values

rule("a bool is an int", "Booleans Objects", lambda: True)
rule(
    "a pytree key is a frozen dataclass",
    "OtherConstants FrozenDataclasses",
    lambda: torch.utils._pytree.SequenceKey(0),
    on_torch=">=2.12",
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
for _name, _item, _on_torch in (
    ("functions", torch.sin, ""),
    ("operators", torch.ops.aten.add.Tensor, ">=2.11"),
    ("packets", torch.ops.aten.add, ">=2.11"),
    ("containers", list, ""),
):
    rule(
        f"a frozenset of {_name}",
        "OperatorFrozensets UserSets",
        functools.partial(frozenset, [_item]),
        on_torch=_on_torch,
    )
rule(
    "a frozenset of operators, where such are not compared",
    "UserSets",
    lambda: frozenset({torch.ops.aten.add}),
    on_torch="<2.11",
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
rule("a list of literals", "Lists UserLists Objects", lambda: [1, 2])
rule("a tuple of literals", "Tuples UserTuples Objects", lambda: (1, 2))
rule(
    "a dynamic int that is an enum member",
    "EnumMembers PybindEnumMembers DynamicScalars",
    lambda: DynamicColor.RED,
)
rule("an int of an export", "ExportedIntegers Objects", "IntWrapper(3)")
rule("a dispatch key", "EnumMembers PybindEnumMembers Objects", lambda: torch.DispatchKey.CPU)
