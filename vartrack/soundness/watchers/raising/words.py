"""The words of an error that torch raises in the program itself: Python's are often others.

What is done is done once more, with values like those that it is done with. Nothing is built for
it: for what is not known something stands that is equal to nothing else, and if the words show
that, they stay as torch has them.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from torch._dynamo.exc import ObservedException
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import (
    BaseListVariable,
    DequeVariable,
    ListVariable,
    RangeVariable,
    TupleVariable,
)
from torch._dynamo.variables.misc import PythonModuleVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import is_tried, raised_now
from vartrack.compat.names import LAZY, DictBuiltinVariable, object_protocol
from vartrack.soundness.hooks.hooking import Watcher, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS", "raise_in_words"]

#: What does more than to give something, or to raise.
_ACTING: frozenset[Any] = frozenset(
    {breakpoint, delattr, exec, eval, input, open, print, setattr, __import__}
)
_LISTS: dict[type, Callable[[list[Any]], Any]] = {ListVariable: list, TupleVariable: tuple}


class _Unknown(Exception):
    """Something is not known, and nothing can stand for it."""


class _One:
    """Stands for something."""


class _Other:
    """The same, by another name."""


def raise_in_words(
    tx: Any, function: Callable[..., Any], args: Iterable[Any], kwargs: Mapping[str, Any]
) -> None:
    """Raise what torch raises now with Python's words, if ``function`` raises it of such values.

    Args:
        tx: the tracer.
        function: what is called.
        args: the trackers of what it is called with.
        kwargs: the named ones.
    """
    if function in _ACTING or not is_tried(tx):
        return
    one, other = (_error(function, args, kwargs, kind) for kind in (_One, _Other))
    if one is None or other is None or one.args != other.args:
        return
    if type(one) is raised_now(tx).exc_type and all(map(ConstantVariable.is_literal, one.args)):
        raise_in_program(tx, one)


def _error(
    function: Callable[..., Any], args: Iterable[Any], kwargs: Mapping[str, Any], kind: type
) -> Exception | None:
    """What it raises; None if nothing, or if too little is known."""
    try:
        values = [_like(arg, kind) for arg in args]
        named = {name: _like(arg, kind) for name, arg in kwargs.items()}
    except Exception:
        return None  # the words stay as they are
    try:
        function(*values, **named)
    except Exception as error:
        return error
    return None


def _like(tracker: Any, kind: type) -> Any:
    """A value like the one of ``tracker``, as far as it is known.

    Raises:
        _Unknown: it is not.
    """
    if type(tracker) in LAZY and not tracker.is_realized():
        raise _Unknown
    tracker = tracker.unwrap()
    make = _MAKING.get(type(tracker))
    if make is None:
        raise _Unknown
    return make(tracker, kind)


def _item(tracker: Any, kind: type) -> Any:
    try:
        return _like(tracker, kind)
    except _Unknown:
        return kind()


def _literal(tracker: Any, kind: type) -> Any:
    return tracker.value


def _symbol(tracker: Any, kind: type) -> Any:
    number = example_of(tracker)
    return number if kind is _One or type(number) is bool else number + 1


def _list(tracker: Any, kind: type) -> Any:
    return _LISTS[type(tracker)]([_item(each, kind) for each in tracker.items])


def _deque(tracker: Any, kind: type) -> Any:
    return deque(_item(each, kind) for each in tracker.items)


def _range(tracker: Any, kind: type) -> Any:
    if not tracker.is_python_constant():
        raise _Unknown
    return tracker.as_python_constant()


def _dict(tracker: Any, kind: type) -> Any:
    if tracker.python_type() is not dict:
        raise _Unknown
    return {_item(key.vt, kind): _item(each, kind) for key, each in tracker.items.items()}


def _module(tracker: Any, kind: type) -> Any:
    module = tracker.value
    if type(module) is not ModuleType or "__getattr__" in vars(module):
        raise _Unknown
    return module


_MAKING: dict[type, Callable[[Any, type], Any]] = {
    ConstantVariable: _literal,
    SymNodeVariable: _symbol,
    ListVariable: _list,
    TupleVariable: _list,
    DequeVariable: _deque,
    RangeVariable: _range,
    ConstDictVariable: _dict,
    PythonModuleVariable: _module,
}


def _dict_made(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``dict(value)``."""
    try:
        return own(builtin, tx, args, kwargs)
    except ObservedException:
        raise_in_words(tx, dict, args, kwargs)
        raise


def _attribute(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``value.name``."""
    try:
        return own(tracker, tx, name)
    except ObservedException:
        if isinstance(name, str):
            raise_in_words(tx, getattr, [tracker, ConstantVariable.create(name)], {})
        raise


def _contained(ledger: Ledger, own: Any, tx: Any, container: Any, item: Any) -> Any:
    """``item in container``."""
    try:
        return own(tx, container, item)
    except ObservedException:
        raise_in_words(tx, operator.contains, [container, item], {})
        raise


def _method(
    ledger: Ledger, own: Any, container: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    """A method of a container."""
    try:
        return own(container, tx, name, args, kwargs)
    except ObservedException:
        method = getattr(container.python_type(), name, None)
        if method is not None:
            raise_in_words(tx, method, [container, *args], kwargs)
        raise
    except KeyError:
        if name == "__delitem__":  # up to 2.12 it is that of torch's own dict
            raise_in_program(tx, KeyError(*args))
        raise


WATCHERS: tuple[Watcher, ...] = (
    Watcher(DictBuiltinVariable, "call_function", "tracing", instead=_dict_made, needed=False),
    Watcher(ConstantVariable, "const_getattr", "tracing", instead=_attribute),
    Watcher(
        *(PythonModuleVariable, hook_name("tp_getattro_impl"), "tracing"),
        instead=_attribute,
        needed=False,
    ),
    *(
        Watcher(object_protocol, name, "tracing", instead=_contained, needed=False)
        for name in ("generic_contains", "pysequence_contains")  # up to 2.13, and since
    ),
    *instead_of_methods("tracing", BaseListVariable, _method),
    *instead_of_methods("tracing", ConstDictVariable, _method),
)
