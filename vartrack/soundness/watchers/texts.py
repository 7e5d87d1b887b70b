"""Texts: what `str` and `repr` gave for an object, where torch asks the object itself."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find
from vartrack.soundness.sourced import name_of

__all__ = ["WATCHERS"]


def _text(value: Any) -> tuple[str, str]:
    return str(value), repr(value)


def _asked(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """torch evaluated the text of the real object, and kept it."""
    name = name_of(tracker.source)
    if result is not None and result.is_python_constant() and name is not None:
        ledger.sourced.asked("texts", name, f"the text of {name}", [tracker.source], _text)


def _repr(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """One that is written in Python is traced, so that what it reads has guards."""
    found = find(type(tracker.value), "__repr__")
    if found is None or type(found[1]) is not FunctionType:
        _asked(ledger, result, tracker)


def _str(ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, *_: Any) -> None:
    if isinstance(tracker, UserDefinedObjectVariable):
        _asked(ledger, result, tracker)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_str", "texts", after=_str),
    *(
        Watcher(UserDefinedObjectVariable, hook_name(name), "texts", after=after, needed=needed)
        # up to 2.13 torch has no hook for `str` alone
        for name, after, needed in (("tp_repr_impl", _repr, True), ("tp_str_impl", _asked, False))
    ),
)
