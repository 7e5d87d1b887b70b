"""What is taken out of a dict from outside, looked up in vain, or copied in its order.

torch has no guard there on what keys there are, or in which order: it relies on its guards on the
values, which are late under thrift.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.core.wrappers import Wrappers, in_this_release

__all__ = ["HOOKS"]

#: The methods that take one away.
_TAKING = ("pop", "popitem")


def _looked_up(own: Callable[..., Any]) -> Callable[..., Any]:
    """``d[key]`` of a key that is missing, with a guard on that."""

    @functools.wraps(own)
    def look(self: Any, tx: Any, key: VariableTracker) -> Any:
        if key not in self:
            self.install_dict_contains_guard(tx, [key])
        return own(self, tx, key)

    return look


def _rely_on_all(tx: Any, tracker: Any) -> None:
    """Guard all keys of a dict, and their order: what is left of it is written back as a whole."""
    if type(tracker) is ConstDictVariable and tracker.source is not None:
        tracker.install_dict_keys_match_guard()
        tx.output.guard_on_key_order.add(tracker.source)


def _is_taken(tracker: Any, name: str, args: Any) -> bool:
    """Whether a method takes something away, and not what a dict does not hold."""
    return name == "popitem" or (bool(args) and args[0] in tracker)


def _copied_in_order(tx: Any, args: Any) -> None:
    """Guard the order of keys of what is written to a dict, as that of the copy goes by it."""
    for arg in args:
        known: Any = arg.unwrap()
        if type(known) is ConstDictVariable and known.source is not None:
            tx.output.guard_on_key_order.add(known.source)


def _called(own: Callable[..., Any]) -> Callable[..., Any]:
    """Methods of dicts that go by ``call_method``: those that take away or copy."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name in _TAKING and _is_taken(self, name, args):
            _rely_on_all(tx, self)
        result = own(self, tx, name, args, kwargs)
        if name == "update":
            _copied_in_order(tx, args)
        return result

    return call_method


def _taking(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def take(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
            if _is_taken(self, name, args):
                _rely_on_all(tx, self)
            return own(self, tx, args, kwargs)

        return take

    return wrap


def _updated(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def update(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        result = own(self, tx, args, kwargs)
        _copied_in_order(tx, args)
        return result

    return update


#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Wrappers(
        (ConstDictVariable, "getitem_const_raise_exception_if_absent", _looked_up),
        (ConstDictVariable, "call_method", _called),
        *in_this_release(  # since 2.15 each has a method of its own
            *((ConstDictVariable, f"dict_{name}", _taking(name)) for name in _TAKING),
            (ConstDictVariable, "dict_update", _updated),
        ),
    ),
)
