"""Where torch's tracker of dicts takes the items of something else: `update`, `**` and `dict()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.compat.names import find

__all__ = ["replace_operands"]

_Builtin: Any = find("_dynamo.variables.builtin:DictBuiltinVariable")


def replace_operands(replace: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """Have ``replace(tx, operand)`` stand for the operand of each of them.

    Returns:
        what gives torch its own back.
    """
    in_table = "dict_update" in vars(ConstDictVariable)
    undo = (_update_in_table if in_table else _update_by_name)(replace)
    own = vars(_Builtin)["call_custom_dict"]

    def call_custom_dict(tx: Any, cls: type, /, *args: Any, **kwargs: Any) -> Any:
        return own.__func__(tx, cls, *_with_first(replace, tx, args), **kwargs)

    _Builtin.call_custom_dict = staticmethod(call_custom_dict)

    def undo_all() -> None:
        _Builtin.call_custom_dict = own
        undo()

    return undo_all


def _with_first(replace: Callable[[Any, Any], Any], tx: Any, args: Any) -> list[Any]:
    return [replace(tx, operand) if not index else operand for index, operand in enumerate(args)]


def _update_in_table(replace: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """From 2.15 on: a function, which stands in a table as well."""
    cls: Any = ConstDictVariable
    own, entry = cls.dict_update, cls.tp_methods["update"]

    def dict_update(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        return own(self, tx, _with_first(replace, tx, args), kwargs)

    def undo() -> None:
        cls.dict_update, cls.tp_methods["update"] = own, entry

    cls.dict_update, cls.tp_methods["update"] = dict_update, type(entry)(dict_update)
    return undo


def _update_by_name(replace: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """Before: one of the methods that are told apart by name."""
    cls: Any = ConstDictVariable
    own = cls.call_method

    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name == "update":
            args = _with_first(replace, tx, args)
        return own(self, tx, name, args, kwargs)

    def undo() -> None:
        cls.call_method = own

    cls.call_method = call_method
    return undo
