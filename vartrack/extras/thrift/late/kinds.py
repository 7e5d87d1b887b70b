"""`KINDS`: which values may be late, and which trackers they have when they are not."""

from __future__ import annotations

import collections
import enum
import re
import types
import typing
from typing import Any

import torch
from torch._dynamo.source import ChainedSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.late.waiting import Kind
from vartrack.visitors.callables import CallableMap
from vartrack.visitors.classes import Classes
from vartrack.visitors.enums import EnumMembers
from vartrack.visitors.known_objects import RegularExpressions
from vartrack.visitors.literals import Booleans, Floats, Integers, OtherConstants, Strings
from vartrack.visitors.mappings import DefaultDicts, Dicts, OrderedDicts
from vartrack.visitors.sequences import Deques, Lists, Tuples
from vartrack.visitors.sets import LiteralFrozensets, LiteralSets, Sets
from vartrack.visitors.typing_objects import TypingObjects
from vartrack.visitors.user_mappings import UserDicts

__all__ = ["FOUND", "KINDS", "KIND_OF", "NUMBERS", "is_taken_as", "kind_of", "root_of"]


#: A number that is recorded as random is an input of another kind, and never late.
NUMBERS = (ConstantVariable, SymNodeVariable)
_CONSTANT = (ConstantVariable,)
_PLAIN = (
    *(bytes, complex, torch.dtype, torch.device, torch.layout, torch.memory_format),
    type(...),
)
#: Unions and type variables, which each statement that makes them makes anew.
_TYPING = (
    *(types.UnionType, types.GenericAlias, typing.TypeVar, typing.ParamSpec),
    *dict.fromkeys((type(typing.Union[int, str]), type(typing.List[int]))),  # noqa: UP006, UP007
)

#: Of what is found under a late key, what has a guard of its own or may be late itself.
FOUND = frozenset(
    {torch.Tensor, torch.nn.Parameter, torch.dtype, torch.device}
    | {str, bytes, int, float, bool, type(None)}
)

#: The kinds, the first that holds counts.
KINDS: tuple[Kind, ...] = (
    Kind((str,), Strings, _CONSTANT),
    Kind((bool,), Booleans, _CONSTANT),
    Kind((int,), Integers, NUMBERS),
    Kind((float,), Floats, NUMBERS),
    Kind(_PLAIN, OtherConstants, _CONSTANT),
    Kind((enum.Enum,), EnumMembers, (EnumMembers.tracker_class,), False, True, has_one=True),
    Kind((type,), (Classes, CallableMap), (UserDefinedClassVariable, BuiltinVariable), False, True),
    Kind(
        (re.Pattern, re.Match), RegularExpressions, (RegularExpressions.tracker_class,), True, True
    ),
    Kind(_TYPING, TypingObjects, (TypingObjects.tracker_class,), True, True),
    Kind((list,), Lists, (ListVariable,), holds=True),
    Kind((tuple,), Tuples, (TupleVariable,), holds=True),
    Kind((collections.deque,), Deques, (DequeVariable,), holds=True),
    Kind((dict,), Dicts, (ConstDictVariable,), holds=True),
    Kind((collections.OrderedDict,), OrderedDicts, (VariableTracker,), holds=True),
    Kind((collections.defaultdict,), DefaultDicts, (VariableTracker,), holds=True),
    Kind((collections.Counter,), UserDicts, (VariableTracker,), holds=True),
    Kind((set,), (LiteralSets, Sets), (VariableTracker,), holds=True),
    Kind((frozenset,), LiteralFrozensets, (VariableTracker,), holds=True),
)

#: Types of most of the values that are never late.
_NEVER = (
    *(types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type(None)),
    *(torch.Tensor, torch.nn.Parameter),
)
_WITH_SUBCLASSES = tuple(kind for kind in KINDS if not kind.exact)
_BASES = tuple(cls for kind in _WITH_SUBCLASSES for cls in kind.types)


class _Kinds(dict[type, "Kind | None"]):
    """The kinds by type; of a subclass it is looked for each time."""

    def __missing__(self, cls: type) -> Kind | None:
        if issubclass(cls, _BASES):
            for kind in _WITH_SUBCLASSES:
                if issubclass(cls, kind.types):
                    return kind
        return None


#: From a type to the kind of its values; None if they are never late.
KIND_OF = _Kinds(
    {
        **dict.fromkeys(_NEVER),
        **{cls: kind for kind in reversed(KINDS) for cls in kind.types},
    }
)


def kind_of(cls: type) -> Kind | None:
    """The kind of the values of ``cls``; None if they are never late."""
    return KIND_OF[cls]


def is_taken_as(kind: Kind, route: Any, value: Any) -> bool:
    """Whether the visitor that ``route`` has for ``value`` is the one of ``kind``."""
    visitor = route.pick(value)
    if isinstance(visitor, CallableMap) and not issubclass(visitor.when(value), kind.trackers):  # type: ignore[arg-type]
        return False  # a class that the user allowed in the graph
    return isinstance(visitor, kind.visitor)


def root_of(source: Any) -> type:
    """What holds the first of the objects on the way to ``source``: an argument, a global."""
    return type(source.get_base() if isinstance(source, ChainedSource) else source)
