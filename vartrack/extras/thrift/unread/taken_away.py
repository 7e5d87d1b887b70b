"""What is taken out of a dict from outside, looked up in vain, or copied in its order.

torch has no guard there on what keys there are, or in which order: it relies on its guards on the
values, which are late under thrift.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.exc import ObservedKeyError
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["HOOKS"]


def _is_of_outside(tracker: Any) -> bool:
    return type(tracker) is ConstDictVariable and tracker.source is not None


def _looked_up(own: Callable[..., Any]) -> Callable[..., Any]:
    """``d[key]`` of a key that is missing, with a guard on that."""

    @functools.wraps(own)
    def look(self: Any, tx: Any, key: VariableTracker) -> Any:
        try:
            return own(self, tx, key)
        except ObservedKeyError:
            if key.is_python_constant():
                self.install_dict_contains_guard(tx, [key])
            else:  # to look for it once more would ask its hash again
                self.install_dict_keys_match_guard()
            raise

    return look


def _taking(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method after which torch writes back what is left as a whole: by all keys, in their order.

    What it takes is seen afterwards: to look before would ask the hash of the key again.
    """

    @functools.wraps(own)
    def take(self: Any, tx: Any, *given: Any) -> Any:
        if not _is_of_outside(self):
            return own(self, tx, *given)
        count = len(vars(self)["items"])
        try:
            result = own(self, tx, *given)
        except ObservedKeyError:
            if not count:  # which torch has no guard on
                self.install_dict_keys_match_guard()
            raise
        if len(vars(self)["items"]) < count:
            self.install_dict_keys_match_guard()
            tx.output.guard_on_key_order.add(self.source)
        return result

    return take


def _relying_on_order(copied: Callable[[Any, Any], Iterable[Any]]) -> Callable[..., Any]:
    """Around a method that goes through dicts in their order: those that ``copied`` gives."""

    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def go_through(self: Any, tx: Any, *given: Any) -> Any:
            result = own(self, tx, *given)
            for known in filter(_is_of_outside, copied(self, given)):
                tx.output.guard_on_key_order.add(known.source)
            return result

        return go_through

    return wrap


#: Of a method that copies the dict itself, and of one that copies what it is given: the keywords
#: are last then, and a name may be first.
_in_order = _relying_on_order(lambda self, given: (self,))
_updating = _relying_on_order(lambda self, given: [arg.unwrap() for arg in given[-2]])

_BY_NAME = {
    **dict.fromkeys(("pop", "popitem"), _taking),
    "update": _updating,
    "copy": _in_order,
}


def _called(own: Callable[..., Any]) -> Callable[..., Any]:
    """The same of methods that go by ``call_method``."""
    around = {name: wrap(own) for name, wrap in _BY_NAME.items()}

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        return around.get(name, own)(self, tx, name, args, kwargs)

    return call_method


#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Wrappers(
        (ConstDictVariable, "getitem_const_raise_exception_if_absent", _looked_up),
        (ConstDictVariable, "call_method", _called),
        (ConstDictVariable, "unpack_var_sequence", _in_order),
        *in_this_release(  # since 2.15 each has a method of its own
            *((ConstDictVariable, f"dict_{name}", wrap) for name, wrap in _BY_NAME.items())
        ),
    ),
)
