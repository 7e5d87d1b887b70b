"""Subclasses of numbers and texts: torch asks their methods for what they hold, or does not ask."""

from __future__ import annotations

import enum
import operator
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.names import UserDefinedConstantVariable
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find, has_of_user

__all__ = ["WATCHERS"]

#: Types whose subclasses torch takes for a constant, and what reads it past the user's methods.
_CONTENT: dict[type, Any] = {int: int.__int__, float: float.__float__, str: str.__str__}
#: The methods that torch asks for it, also in its guard.
_SAYING = ("__int__", "__index__", "__trunc__", "__float__", "__str__")


def _content(ledger: Ledger, _: Any, tracker: Any, value: Any, *__: Any, **___: Any) -> None:
    """A subclass of a number or text: torch asks its `__str__` or `__int__` for the content."""
    for base, read in _CONTENT.items():
        if isinstance(value, base):
            tracker._base_vt = ConstantVariable.create(read(value))
            if has_of_user(type(value), *_SAYING):
                _rely_on_content(ledger, tracker, read)
            return


def _rely_on_content(ledger: Ledger, tracker: Any, read: Any) -> None:
    """torch's guard asks a method of the user's, which may say the same of another content."""
    name = name_of(tracker.source)
    if name is not None and ledger.holds("values"):
        text = f"what {name} holds"
        ledger.sourced.asked("values", ("content", name), text, [tracker.source], read)


def _index(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> Any:
    """``items[number]``: an instance of a subclass of int is that number, whatever it says."""
    held = getattr(tracker, "_base_vt", None)
    if isinstance(tracker.value, int) and isinstance(held, ConstantVariable):
        return held
    if isinstance(tracker.value, int) and isinstance(tracker.value, enum.Enum):
        return ConstantVariable.create(int.__int__(tracker.value))  # guarded by who it is
    return own(tracker, tx)


def _formatted(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, *reverse: Any, **options: Any
) -> Any:
    """``'%s' % text``: of a text with a `__str__` of its own that is asked, and not the content."""
    value = tracker.value
    if any(reverse) or options.get("reverse"):
        form = other.as_python_constant() if other.is_python_constant() else None
        if isinstance(form, str) and isinstance(value, str) and "%r" not in form:
            found = find(type(value), "__str__")
            if found is not None and found[0] is not str:
                text = BuiltinVariable(str).call_function(tx, [tracker], {})
                return BuiltinVariable(operator.mod).call_function(tx, [other, text], {})
    return own(tracker, tx, other, *reverse, **options)


def _watch(owner: Any, name: str, before: Any = None, **options: Any) -> Watcher:
    """Where torch has no such function it goes by another, or does not get it wrong."""
    return Watcher(owner, name, "tracing", before, needed=False, **options)


WATCHERS: tuple[Watcher, ...] = (
    # where `%` of it can be told apart, see `_formatted`
    *(
        _watch(UserDefinedConstantVariable, "__init__", after=_content, subclasses=False)
        for _ in {"nb_remainder_impl"}.intersection(dir(UserDefinedObjectVariable))
    ),
    _watch(UserDefinedObjectVariable, "nb_remainder_impl", instead=_formatted),
    _watch(UserDefinedObjectVariable, "nb_index_impl", instead=_index),
)
