"""The words of an error that torch raises in the program itself: Python's are often others.

What is done is done once more, with values like those that it is done with. Nothing is built for
it: for what is not known something stands that is equal to nothing else, and if the words show
that, they stay as torch has them.
"""

from __future__ import annotations

import functools
import operator
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType, WrapperDescriptorType
from typing import Any

import torch
from torch._dynamo.exc import ObservedException
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import (
    BaseUserFunctionVariable,
    FunctoolsPartialVariable,
    WrapperUserFunctionVariable,
)
from torch._dynamo.variables.iter import ZipVariable
from torch._dynamo.variables.lists import (
    BaseListVariable,
    DequeVariable,
    ListVariable,
    RangeVariable,
    SizeVariable,
    SliceVariable,
    TupleVariable,
)
from torch._dynamo.variables.misc import PythonModuleVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import is_tried, raised_now
from vartrack.compat.names import LAZY, DictBuiltinVariable, object_protocol
from vartrack.soundness.hooks.hooking import Watcher, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import SPECIAL, find
from vartrack.soundness.reading.type_names import name_in_words

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

    For an object something stands that has no more than its type.

    Raises:
        _Unknown: it is not.
    """
    if type(tracker) in LAZY and not tracker.is_realized():
        raise _Unknown
    tracker = tracker.unwrap()
    make = _MAKING.get(type(tracker))
    if make is None:
        make = next((make for base, make in _OBJECTS.items() if isinstance(tracker, base)), None)
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


def _size(tracker: Any, kind: type) -> Any:
    return torch.Size([_like(each, kind) for each in tracker.items])


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


def _object(tracker: Any, kind: type) -> Any:
    is_cache = isinstance(tracker, WrapperUserFunctionVariable)  # torch says that of what is inside
    cls = type(tracker.wrapper_obj) if is_cache else tracker.python_type()
    if any(_of_its_own(cls, name) for name in _ASKED):
        raise _Unknown
    return _standing(name_in_words(cls), find(cls, "__hash__") == (cls, None))()


def _of_its_own(cls: type, name: str) -> bool:
    """Whether instances can be asked that."""
    found = find(cls, name)
    if found is None or found[0] is object or found[1] is None:
        return False
    return not (type(found[1]) is WrapperDescriptorType and name in _OF_ALL_IN_C)


def _calling(*_: Any, **__: Any) -> None:
    raise _Unknown


@functools.cache
def _standing(name: str, is_unhashable: bool) -> type:
    """A class of the name, of which nothing can be asked but what every object can."""
    names = {"__slots__": (), "__call__": _calling}
    return type(name, (), {**names, "__hash__": None} if is_unhashable else names)


#: What an object may have of its own without another error than that it has not something else.
_NO_MATTER = frozenset({"str", "repr", "format", "hash", "eq", "ne"})
#: What types in C have together, whether they do something with it or not.
_OF_ALL_IN_C = frozenset({"__lt__", "__le__", "__gt__", "__ge__", "__getattribute__"})
_ASKED = (
    *(name for name in SPECIAL if name.strip("_") not in _NO_MATTER),
    *("__getattr__", "__getattribute__", "__setitem__", "__delitem__", "__missing__"),
)
_OBJECTS: dict[type, Callable[[Any, type], Any]] = {
    UserDefinedObjectVariable: _object,
    BaseUserFunctionVariable: _object,
    FunctoolsPartialVariable: _object,
    SliceVariable: _object,
}
_MAKING: dict[type, Callable[[Any, type], Any]] = {
    ConstantVariable: _literal,
    SymNodeVariable: _symbol,
    ListVariable: _list,
    TupleVariable: _list,
    SizeVariable: _size,
    DequeVariable: _deque,
    RangeVariable: _range,
    ConstDictVariable: _dict,
    PythonModuleVariable: _module,
}


def _zipped(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> Any:
    """``zip(one, other, strict=True)``: which of them is shorter, or longer."""
    try:
        return own(tracker, tx)
    except ObservedException:
        if tracker.strict and is_tried(tx):
            _raise_which(tx, raised_now(tx), len(tracker.iterable.items))
        raise


def _raise_which(tx: Any, error: Any, count: int) -> None:
    text = error.args[0] if error.exc_type is ValueError and error.args else None
    said = text.as_python_constant() if text is not None else None
    found = _ZIPPED.fullmatch(said) if isinstance(said, str) else None
    if found is None or (found["how"] == "longer" and count > 2):
        return  # torch says of the first that it is longer, whichever is
    at = int(found["at"]) if found["how"] == "shorter" else 1
    others = "argument 1" if at == 1 else f"arguments 1-{at}"
    raise_in_program(tx, ValueError(f"zip() argument {at + 1} is {found['how']} than {others}"))


_ZIPPED = re.compile(r"zip\(\) argument (?P<at>\d+) (is )?(?P<how>shorter|longer) than previous .*")


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


def _named(ledger: Ledger, own: Any, tracker: Any) -> Any:
    """The name of a type in the words of an error."""
    name = own(tracker)
    try:
        cls = tracker.python_type()
    except NotImplementedError:
        return name
    # a class whose metaclass says its name is none of C's
    return name_in_words(cls) if type(cls) is type and cls.__name__ == name else name


def _of_object(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
    """What an object is asked for that raises: torch names its class without the module."""
    try:
        return own(tracker, tx, *args, **kwargs)
    except ObservedException:
        if is_tried(tx):
            _raise_with_module(tx, raised_now(tx), tracker.python_type())
        raise


def _raise_with_module(tx: Any, error: Any, cls: type) -> None:
    short, full = (f"'{name}'" for name in (cls.__name__, name_in_words(cls)))
    text = error.args[0] if short != full and len(error.args) == 1 else None
    said = text.as_python_constant() if text is not None else None
    if isinstance(said, str) and short in said and error.exc_type in (AttributeError, TypeError):
        raise_in_program(tx, error.exc_type(said.replace(short, full, 1)))


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(UserDefinedObjectVariable, name, "tracing", instead=_of_object, needed=False)
        for name in ("var_getattr", hook_name("hash_impl"))
    ),
    Watcher(VariableTracker, "python_type_name", "tracing", instead=_named, subclasses=False),
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
    *(
        Watcher(cls, hook_name("tp_getattro_impl"), "tracing", instead=_attribute, needed=False)
        for cls in (BaseUserFunctionVariable, FunctoolsPartialVariable, SliceVariable)
    ),
    Watcher(  # since 2.15
        *(BaseUserFunctionVariable, "call_getattr_fallback", "tracing"),
        instead=_attribute,
        needed=False,
    ),
    Watcher(ZipVariable, hook_name("tp_iternext_impl"), "tracing", instead=_zipped, needed=False),
    *instead_of_methods("tracing", BaseListVariable, _method),
    *instead_of_methods("tracing", ConstDictVariable, _method),
)
