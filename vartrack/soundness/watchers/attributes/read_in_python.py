"""Attributes of what torch takes for a constant: where it cannot trace one, Python reads it.

Code of the user's may run then, which torch guards nothing of.
"""

from __future__ import annotations

from enum import Enum
from types import FunctionType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.bases.tracing.evaluating.callbacks import guard_reads, seeing
from vartrack.compat.instructions import builtins_with
from vartrack.core.texts.articles import with_article
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import can_change, find

__all__ = ["WATCHERS"]

#: Subclasses of these torch takes for constants.
_TYPES = (int, float, complex, str, bytes, tuple, list, dict, set, frozenset, Enum)
_READING = ("__getattribute__", "__getattr__")


def _looked(ledger: Ledger, of: Any, name: Any) -> type | None:
    """The class whose instance is asked for the attribute ``name``, noted; None of others."""
    cls = type_at_hand(of)
    if not issubclass(cls, _TYPES) or not can_change(cls) or not name.is_python_constant():
        return None
    name = name.as_python_constant()
    if not isinstance(name, str):
        return None
    ledger.classes.look(cls, *_READING, guarded=False)
    ledger.classes.look(cls, name)
    for function in _in_python(cls):
        ledger.bodies.ran(function)
    return cls


def _in_python(cls: type) -> list[FunctionType]:
    """What of ``cls`` runs whatever attribute is read."""
    found = (find(cls, way) for way in _READING)
    return [each[1] for each in found if each is not None and type(each[1]) is FunctionType]


def _noted(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    _looked(ledger, *args[:2])


def _got(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``getattr(number, name)``."""
    cls = _looked(ledger, *args[:2])
    if cls is None or not _in_python(cls):
        return own(builtin, tx, args, kwargs)
    with seeing(tx=tx) as found:
        result = own(builtin, tx, args, kwargs)
    guard_reads(tx, f"an attribute of {with_article(cls)}", found)
    return result


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(cls, "call_function", "classes", _noted, instead=_got, subclasses=False)
        for cls in builtins_with("_call_getattr")
    ),
    Watcher(
        *(BuiltinVariable, "call_function", "classes", _noted),
        instead=_got,
        subclasses=False,
        of=(getattr,),
    ),
)
