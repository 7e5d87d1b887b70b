"""Where torch takes the items of something else: `dict.update`, `**`, `dict()` and `list()`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.compat.containers import DICTS_KNOW_CLASS
from vartrack.compat.made_once import MadeOnce
from vartrack.compat.names import DictBuiltinVariable, ListBuiltinVariable

__all__ = ["Operands"]

#: Stands for an operand: takes the tracer, the operand's tracker, and the class of what takes it.
Replace = Callable[[Any, Any, Any], Any]
#: A class, the name of a function there, and what makes the one in its place.
_Place = tuple[Any, str, Callable[[Any], Any]]


class Operands:
    """Has torch take another tracker than the one it was given, while a registry needs that.

    Args:
        in_dicts: what ``dict.update``, ``**`` and ``dict()`` take for their operand.
        in_lists: what ``list()`` takes, and ``tuple()`` where that does not ask the operand itself;
            None if that is what it is given.
    """

    def __init__(self, in_dicts: Replace, in_lists: Replace | None = None) -> None:
        self._places = [
            *_filled(in_dicts),
            (DictBuiltinVariable, "call_custom_dict", _new_dicts(in_dicts)),
            *(() if in_lists is None else _new_lists(in_lists)),
        ]
        self._made = MadeOnce()
        self._undo: list[Callable[[], None]] = []

    def add(self) -> None:
        """Have torch take them."""
        for cls, name, make in self._places:
            own = vars(cls)[name]
            new = self._made.around(own, (cls, name), make)
            self._undo.append(_in_table(cls, name, new))
            setattr(cls, name, new)
            self._undo.append(partial(setattr, cls, name, own))

    def remove(self) -> None:
        """Give torch its own back."""
        while self._undo:
            self._undo.pop()()


def _with_first(replace: Replace, tx: Any, args: Any, into: Any) -> list[Any]:
    if not args:
        return []
    return [replace(tx, args[0], into), *args[1:]]


def _new_dicts(replace: Replace) -> Callable[[Any], Any]:
    def make(held: Any) -> Any:
        own = held.__func__

        def call_custom_dict(tx: Any, made: type, /, *args: Any, **kwargs: Any) -> Any:
            return own(tx, made, *_with_first(replace, tx, args, made), **kwargs)

        return staticmethod(call_custom_dict)

    return make


def _new_lists(replace: Replace) -> Iterator[_Place]:
    if hasattr(ListBuiltinVariable, "call_function"):
        yield ListBuiltinVariable, "call_function", _as_function(replace, lambda _: list)
    else:  # up to 2.11 a method of what stands for any function, found by the name ``list``
        yield BuiltinVariable, "call_list", _by_itself(replace)
    # up to 2.12 ``tuple`` is like ``list``; then it asks the operand itself
    if hasattr(BuiltinVariable, "_call_tuple_list"):
        yield BuiltinVariable, "call_tuple", _by_itself(replace)


def _as_function(replace: Replace, into: Callable[[Any], type]) -> Callable[[Any], Any]:
    """Of what takes the operands in one list."""

    def make(own: Any) -> Any:
        def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
            return own(self, tx, _with_first(replace, tx, args, into(self)), kwargs)

        return call_function

    return make


def _by_itself(replace: Replace) -> Callable[[Any], Any]:
    """Of what takes each operand by itself."""

    def make(own: Any) -> Any:
        def call(self: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
            return own(self, tx, *_with_first(replace, tx, args, list), **kwargs)

        return call

    return make


def _filled(replace: Replace) -> Iterator[_Place]:
    """What ``made.update(value)`` takes, and ``__init__`` of one that was made empty."""
    by_class = _as_function(replace, ConstDictVariable.python_type)
    if "dict_update" in vars(ConstDictVariable):
        yield ConstDictVariable, "dict_update", by_class
        yield ConstDictVariable, "tp_init_impl", by_class
        return

    def make(own: Any) -> Any:  # before 2.15 one of the methods that are told apart by name
        def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
            if name in ("update", "__init__"):
                args = _with_first(replace, tx, args, self.python_type())
            return own(self, tx, name, args, kwargs)

        return call_method

    yield ConstDictVariable, "call_method", make
    if DICTS_KNOW_CLASS:
        yield UserDefinedClassVariable, "call_function", _new_ordered(replace)


def _new_ordered(replace: Replace) -> Callable[[Any], Any]:
    """Of the class, where ``OrderedDict(value)`` is no call of ``__init__``."""

    def make(own: Any) -> Any:
        def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
            if self.value is OrderedDict:
                args = _with_first(replace, tx, args, self.value)
            return own(self, tx, args, kwargs)

        return call_function

    return make


def _in_table(cls: Any, name: str, new: Any) -> Callable[[], None]:
    """Have ``new`` in the table of ``update`` as well, where a release has one; what undoes it."""
    if name != "dict_update":
        return lambda: None
    entry = cls.tp_methods["update"]
    cls.tp_methods["update"] = type(entry)(new)
    return partial(cls.tp_methods.__setitem__, "update", entry)
