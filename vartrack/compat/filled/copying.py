"""`copy.copy` and `copy.deepcopy` on a torch that traces neither: up to 2.11."""

from __future__ import annotations

import copy
import copyreg
import functools
import inspect
import operator
from collections.abc import Callable, Iterator
from types import MethodDescriptorType
from typing import Any

from torch._dynamo import trace_rules
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource, DictGetItemSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import (
    FunctoolsPartialVariable,
    SkipFunctionVariable,
    UserFunctionVariable,
)
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.misc import DeletedVariable, GetAttrVariable
from torch._dynamo.variables.nn_module import NNModuleVariable
from torch._dynamo.variables.tensor import TensorVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedDictVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat.hooks import read_attribute
from vartrack.compat.making import by_name
from vartrack.compat.release import runs_on

__all__ = ["COPIES", "INLINED"]

#: Whether torch traces the functions of the module `copy`.
COPIES: bool = runs_on(">=2.12")

_CONTAINERS = (BaseListVariable, ConstDictVariable, UserDefinedObjectVariable)
_IDENTITY = (operator.is_, operator.is_not)
#: Trackers of values that torch tells the address of, if they have a place.
_WITH_ADDRESS = (
    FunctoolsPartialVariable,
    NNModuleVariable,
    SkipFunctionVariable,
    TensorVariable,
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
    UserFunctionVariable,
)
_MODULES = frozenset({copy.__name__, copyreg.__name__})


def _inlined(own: Callable[..., Any]) -> Callable[..., Any]:
    """What torch makes of a function: those of `copy` are traced where the program calls them."""

    @functools.wraps(own)
    def lookup_inner(*given: Any, **named: Any) -> Any:
        rule = own(*given, **named)
        if rule is SkipFunctionVariable:
            asked = by_name(own, given, named)
            is_called = asked.get("is_direct_call", True)
            if is_called and _is_of_copy(asked["obj"], asked.get("filename")):
                return UserFunctionVariable
        return rule

    return lookup_inner


def _is_of_copy(function: Any, filename: str | None) -> bool:
    return filename == copy.__file__ or getattr(function, "__module__", None) in _MODULES


def _called(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls of what torch takes for functions in C."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        if self.fn is copy.deepcopy:
            return UserFunctionVariable(copy.deepcopy).call_function(tx, args, kwargs)
        if self.fn is id and _copies(tx):
            # `copy` notes by it what it has copied, also what torch has no address of
            value = args[0].realize()
            if isinstance(value, UserDefinedDictVariable) or not (COPIES or _has_address(value)):
                return ConstantVariable.create(id(value))
        if self.fn in _IDENTITY and not kwargs and _is_new(*args):
            return ConstantVariable.create(self.fn is operator.is_not)
        return own(self, tx, args, kwargs)

    return call_function


def _is_new(*values: VariableTracker) -> bool:
    """Whether one of two containers was made while tracing, and the other is another one."""
    one, other = (value.realize() for value in values)
    new = isinstance(one.mutation_type, ValueMutationNew) or isinstance(
        other.mutation_type, ValueMutationNew
    )
    return new and one is not other and all(isinstance(each, _CONTAINERS) for each in (one, other))


def _of_dict(own: Callable[..., Any]) -> Callable[..., Any]:
    """Methods of the ``__dict__`` of an object, which has no tracker of its own."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        held = self.name == "__dict__" and isinstance(self.obj, UserDefinedObjectVariable)
        if held and not kwargs:
            if name == "copy" and not args:
                items = dict(_items(self.obj, tx))
                return ConstDictVariable(items, mutation_type=ValueMutationNew())
            given = args[0].realize() if name == "update" and len(args) == 1 else None
            if isinstance(given, ConstDictVariable):
                for key, item in list(given.items.items()):
                    own(self, tx, "__setitem__", [key.vt, item], {})
                return ConstantVariable.create(None)
        return own(self, tx, name, args, kwargs)

    return call_method


def _by_method(own: Callable[..., Any]) -> Callable[..., Any]:
    """Functions of classes in C by which `copy` copies: ``dict.copy`` and its like."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        if isinstance(self.value, MethodDescriptorType) and _copies(tx):
            return args[0].call_method(tx, self.value.__name__, list(args[1:]), kwargs)
        return own(self, tx, args, kwargs)

    return call_function


def _has_address(value: VariableTracker) -> bool:
    return value.source is not None and isinstance(value, _WITH_ADDRESS)


def _copies(tx: Any) -> bool:
    return bool(tx.f_code.co_filename == copy.__file__)


def _items(tracker: Any, tx: Any) -> Iterator[tuple[VariableTracker, VariableTracker]]:
    """What the ``__dict__`` of an object holds now."""
    effects, names = tx.output.side_effects, {}
    if tracker.source is not None and hasattr(tracker.value, "__dict__"):
        source = AttrSource(tracker.source, "__dict__")
        install_guard(source.make_guard(GuardBuilder.DICT_KEYS_MATCH))
        names = tracker.value.__dict__
    given = effects.store_attr_mutations.get(tracker, {})
    slots = {name for cls in tracker.python_type().__mro__ for name in _slots(cls)}
    for name in dict.fromkeys((*names, *given)):
        if name in slots or isinstance(given.get(name), DeletedVariable):
            continue
        if name in given:
            item = effects.load_attr(tracker, name)
        elif inspect.isdatadescriptor(getattr(tracker.python_type(), name, None)):
            item = VariableTracker.build(tx, names[name], DictGetItemSource(source, name))
        else:
            item = read_attribute(tracker, tx, name)
        yield ConstantVariable.create(name), item


def _slots(cls: type) -> Iterator[str]:
    return (name for name, value in vars(cls).items() if inspect.ismemberdescriptor(value))


#: What is put in place in torch, so that both functions are traced.
INLINED: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    *(((BuiltinVariable, "call_function", _called),) if runs_on("<2.13") else ()),
    *(
        ()
        if COPIES
        else (
            (trace_rules, "lookup_inner", _inlined),
            (GetAttrVariable, "call_method", _of_dict),
            (SkipFunctionVariable, "call_function", _by_method),
        )
    ),
)
