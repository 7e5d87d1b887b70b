"""Where torch takes the items of something else: `dict.update`, `**`, `dict()` and `list()`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.compat.names import DictBuiltinVariable, ListBuiltinVariable

__all__ = ["replace_operands"]

#: Stands for an operand: takes the tracer and the operand's tracker.
Replace = Callable[[Any, Any], Any]
Undo = Callable[[], None]


def replace_operands(in_dicts: Replace, in_lists: Replace) -> Undo:
    """Have torch take another tracker than the one it was given.

    Args:
        in_dicts: what ``dict.update``, ``**`` and ``dict()`` take for their operand.
        in_lists: what ``list()`` takes, and ``tuple()`` where that does not ask the operand itself.

    Returns:
        what gives torch its own back.
    """
    update = _update_in_table if "dict_update" in vars(ConstDictVariable) else _update_by_name
    lists = _new_lists if hasattr(ListBuiltinVariable, "call_function") else _new_lists_by_name
    undos = [update(in_dicts), _new_dicts(in_dicts), lists(in_lists), _new_tuples(in_lists)]

    def undo() -> None:
        for one in reversed(undos):
            one()

    return undo


def _with_first(replace: Replace, tx: Any, args: Any) -> list[Any]:
    return [replace(tx, operand) if not index else operand for index, operand in enumerate(args)]


def _put(cls: type, name: str, new: Any) -> Undo:
    """Have ``cls`` hold ``new``; what gives back what it held."""
    own = vars(cls)[name]
    setattr(cls, name, new)
    return functools.partial(setattr, cls, name, own)


def _new_dicts(replace: Replace) -> Undo:
    own = DictBuiltinVariable.call_custom_dict

    def call_custom_dict(tx: Any, made: type, /, *args: Any, **kwargs: Any) -> Any:
        return own(tx, made, *_with_first(replace, tx, args), **kwargs)

    return _put(DictBuiltinVariable, "call_custom_dict", staticmethod(call_custom_dict))


def _new_lists(replace: Replace) -> Undo:
    own = ListBuiltinVariable.call_function

    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        return own(self, tx, _with_first(replace, tx, args), kwargs)

    return _put(ListBuiltinVariable, "call_function", call_function)


def _new_lists_by_name(replace: Replace) -> Undo:
    """Up to 2.11: a method of what stands for any function, found by the name ``list``."""
    return _new_by_name("call_list", replace)


def _new_tuples(replace: Replace) -> Undo:
    """Up to 2.12 ``tuple`` is like ``list``; then it asks the operand itself."""
    if hasattr(BuiltinVariable, "_call_tuple_list"):
        return _new_by_name("call_tuple", replace)
    return lambda: None


def _new_by_name(name: str, replace: Replace) -> Undo:
    own = getattr(BuiltinVariable, name)

    def call(self: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
        return own(self, tx, *_with_first(replace, tx, args), **kwargs)

    return _put(BuiltinVariable, name, call)


def _update_in_table(replace: Replace) -> Undo:
    """From 2.15 on: a function, which stands in a table as well."""
    cls: Any = ConstDictVariable
    own, entry = cls.dict_update, cls.tp_methods["update"]

    def dict_update(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        return own(self, tx, _with_first(replace, tx, args), kwargs)

    give_back = _put(cls, "dict_update", dict_update)
    cls.tp_methods["update"] = type(entry)(dict_update)

    def undo() -> None:
        cls.tp_methods["update"] = entry
        give_back()

    return undo


def _update_by_name(replace: Replace) -> Undo:
    """Before: one of the methods that are told apart by name."""
    own: Any = ConstDictVariable.call_method

    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name == "update":
            args = _with_first(replace, tx, args)
        return own(self, tx, name, args, kwargs)

    return _put(ConstDictVariable, "call_method", call_method)
