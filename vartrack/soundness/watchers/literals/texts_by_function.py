"""`repr` of dicts and of containers with a class of their own, on a torch without a hook for it.

There it has a text of the real objects in a dict, calls any dict a plain one, and refuses a class
that leaves its text to C.
"""

from __future__ import annotations

from collections import OrderedDict
from types import FunctionType
from typing import Any

from torch import nn
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.containers import DICTS_KNOW_CLASS, plain_inside, with_class
from vartrack.compat.hooks import SHOWS_CONTAINERS
from vartrack.compat.names import AnySetVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.literals.texts import named_as, traced

__all__ = ["WATCHERS"]

#: Whose text in C is that of the items, with the name of the class or none.
_BY_ITEMS = (dict, list, tuple, set, frozenset, OrderedDict)


class _Shown:
    """Stands for an object of which only the text is known."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _looked(ledger: Ledger, builtin: Any, tx: Any, tracker: Any, *_: Any) -> None:
    """Which ``__repr__`` the class has."""
    if isinstance(tracker, UserDefinedObjectVariable):
        ledger.classes.look(tracker.python_type(), "__repr__", guarded=False)


def _told(ledger: Ledger, own: Any, builtin: Any, tx: Any, tracker: Any) -> Any:
    """``repr(held)``, made of the texts of what it holds."""
    text = None
    shown = _in_python(tracker)
    if shown is not None:
        return traced(ledger, tracker, tx, shown)
    try:
        # up to 2.11 what stands for a set or a view is a dict to torch
        if isinstance(tracker, AnySetVariable):
            text = _of_set(tracker)
        elif isinstance(tracker, ConstDictVariable):
            text = _of_items(tx, tracker)
        elif isinstance(tracker, UserDefinedObjectVariable):
            text = _of_container(tx, tracker)
    except (NotImplementedError, RecursionError):  # a symbol; one that holds itself
        text = None
    return own(builtin, tx, tracker) if text is None else ConstantVariable.create(text)


def _in_python(tracker: Any) -> FunctionType | None:
    """The ``__repr__`` of an object's class, if it is written in Python."""
    if not isinstance(tracker, UserDefinedObjectVariable):
        return None
    found = find(tracker.python_type(), "__repr__")
    if found is not None and found[0] is nn.Module:
        return None  # torch evaluates it, and takes it for no method
    return found[1] if found is not None and type(found[1]) is FunctionType else None


def _of_items(tx: Any, tracker: Any) -> str:
    items = {_text(tx, key.vt): _text(tx, item) for key, item in tracker.items.items()}
    return repr(with_class(tracker, items))


def _of_set(tracker: Any) -> str | None:
    """That of a set of constants, of which torch 2.11 has one without spaces."""
    known = tracker.python_type() in (set, frozenset)
    return repr(tracker.as_python_constant()) if known else None


def _of_container(tx: Any, tracker: Any) -> str | None:
    """That of the plain container inside; None if there is none, or code in Python says it."""
    inside, found = plain_inside(tracker), find(tracker.python_type(), "__repr__")
    if inside is None or found is None or found[0] not in _BY_ITEMS:
        return None
    text = _text(tx, inside).text
    return named_as(tracker.python_type(), found[0], text)


def _text(tx: Any, tracker: Any) -> _Shown:
    return _Shown(BuiltinVariable(repr).call_function(tx, [tracker], {}).as_python_constant())


def _constant(ledger: Ledger, own: Any, tracker: Any) -> Any:
    """What a dict is evaluated as, which is of its class."""
    return with_class(tracker, own(tracker))


WATCHERS: tuple[Watcher, ...] = (
    *(
        (
            Watcher(BuiltinVariable, "call_repr", "tracing", instead=_told),
            Watcher(BuiltinVariable, "call_repr", "classes", _looked),
        )
        if not SHOWS_CONTAINERS
        else ()
    ),
    *(
        (Watcher(ConstDictVariable, "as_python_constant", "tracing", instead=_constant),)
        if DICTS_KNOW_CLASS
        else ()
    ),
)
