"""Callables made of constants: getters, method callers and binary layouts."""

from __future__ import annotations

import functools
import operator
import struct
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

__all__ = ["AttributeGetters", "ItemGetters", "MethodCallers", "Structs"]


def _arguments(value: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a getter or a method caller was made with."""
    made, arguments, *_ = value.__reduce__()
    if isinstance(made, functools.partial):  # how a method caller tells of keyword arguments
        return (*made.args, *arguments), made.keywords
    return arguments, {}


def _hashable(part: Any) -> Any:
    if isinstance(part, slice):
        return slice, *map(_hashable, (part.start, part.stop, part.step))
    return tuple(map(_hashable, part)) if type(part) is tuple else part


def _key(value: Any) -> Any:
    arguments, named = _arguments(value)
    return (
        *map(_hashable, arguments),
        *((name, _hashable(argument)) for name, argument in named.items()),
    )


class _Applied(FoldedVariable):
    """A callable of one operand, which need not be known while tracing."""

    def apply(self, tx: Any, operand: VariableTracker) -> VariableTracker:
        raise NotImplementedError

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if len(args) != 1 or kwargs:
            # raises what Python raises
            return self.fold(tx, "__call__", lambda value: value(*map(str, args), **kwargs))
        return self.apply(tx, args[0])

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__call__":
            return self.call_function(tx, args, kwargs)
        return super().call_method(tx, name, args, kwargs)


def _one_or_all(results: list[VariableTracker]) -> VariableTracker:
    return results[0] if len(results) == 1 else TupleVariable(results)


class ItemGetterVariable(_Applied):
    """Traces ``operand[key]`` for each key."""

    def apply(self, tx: Any, operand: VariableTracker) -> VariableTracker:
        getitem = VariableTracker.build(tx, operator.getitem)
        keys, _ = _arguments(self.value)
        return _one_or_all(
            [
                getitem.call_function(tx, [operand, VariableTracker.build(tx, key)], {})
                for key in keys
            ]
        )


class AttributeGetterVariable(_Applied):
    """Traces ``operand.name`` for each name, dots included."""

    def apply(self, tx: Any, operand: VariableTracker) -> VariableTracker:
        get = VariableTracker.build(tx, getattr)
        results = []
        for path in _arguments(self.value)[0]:
            result = operand
            for name in path.split("."):
                result = get.call_function(tx, [result, ConstantVariable.create(name)], {})
            results.append(result)
        return _one_or_all(results)


class MethodCallerVariable(_Applied):
    """Traces ``operand.name(...)``."""

    def apply(self, tx: Any, operand: VariableTracker) -> VariableTracker:
        (name, *arguments), named = _arguments(self.value)
        get = VariableTracker.build(tx, getattr)
        method = get.call_function(tx, [operand, ConstantVariable.create(name)], {})
        return method.call_function(
            tx,
            [VariableTracker.build(tx, argument) for argument in arguments],
            {key: VariableTracker.build(tx, argument) for key, argument in named.items()},
        )


class _Getter(ConstantVisitor, abstract=True):
    """Callables of ``operator``, by the arguments they were made with."""

    exact = True
    key = staticmethod(_key)


class ItemGetters(_Getter):
    """``operator.itemgetter``, by its keys.

    .. versionadded:: 0.1
    """

    types = (operator.itemgetter,)
    folded_class = ItemGetterVariable


class AttributeGetters(_Getter):
    """``operator.attrgetter``, by its names.

    .. versionadded:: 0.1
    """

    types = (operator.attrgetter,)
    folded_class = AttributeGetterVariable


class MethodCallers(_Getter):
    """``operator.methodcaller``, by name and arguments; these must be constants.

    .. versionadded:: 0.1
    """

    types = (operator.methodcaller,)
    folded_class = MethodCallerVariable


class Structs(ConstantVisitor):
    """``struct.Struct``, by its format.

    .. versionadded:: 0.1
    """

    types = (struct.Struct,)
    exact = True
    key = staticmethod(operator.attrgetter("format"))
    impure = ("pack_into",)
