"""Sets that are taken by other sets: C code takes what is stored in one, torch what it iterates."""

from __future__ import annotations

from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat import behaviour
from vartrack.compat.names import AnySetVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import iterates_in_python

__all__ = ["WATCHERS"]

_SETS = (set, frozenset)
#: Methods that take other sets.
_COMBINING = ("difference", "intersection", "symmetric_difference")
_TAKING = frozenset({"union", "update", "issubset", "issuperset", "isdisjoint", *_COMBINING}) | {
    f"{name}_update" for name in _COMBINING
}
_OPERATORS = tuple(
    f"nb_{way}{name}_impl" for name in ("or", "and", "subtract", "xor") for way in ("", "inplace_")
)


def _made(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``set(items)``."""
    _taken(*args)


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    """``items.union(others)``."""
    if name in _TAKING:
        _taken(*args)


def _combined(ledger: Ledger, tracker: Any, tx: Any, other: Any, *_: Any, **__: Any) -> None:
    """``items | others``."""
    _taken(other)


def _taken(*others: Any) -> None:
    for other in others:
        other = other.realize()
        if not isinstance(other, UserDefinedObjectVariable):
            continue
        cls = other.python_type()
        if issubclass(cls, _SETS) and iterates_in_python(cls):
            unimplemented(
                gb_type="vartrack: a set with an `__iter__` of its own",
                context=f"{cls.__module__}.{cls.__qualname__}",
                explanation="Python takes what is stored in such a set, and torch what its "
                "`__iter__` gives.",
                hints=["Make a plain set of it outside of the compiled function."],
            )


WATCHERS: tuple[Watcher, ...] = (
    ()
    if behaviour.TAKES_STORED_ITEMS
    else (
        Watcher(BuiltinVariable, "call_function", "tracing", _made, of=_SETS),
        Watcher(AnySetVariable, "call_method", "tracing", _method, needed=False),
        *(Watcher(AnySetVariable, name, "tracing", _combined, needed=False) for name in _OPERATORS),
    )
)
