"""Tuples, lists, dicts and sets of users."""

from __future__ import annotations

import collections

import torch
from order_values import (
    ENTERED,
    Mapping,
    Other,
    Point,
    allowed,
    call,
    frozen,
    of,
)

from order_rules.rule import rule

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
