"""Sets that are taken by other sets: C code takes what is stored in one, torch what it iterates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat import behaviour
from vartrack.compat.containers import plain_inside
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


def _made(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``set(items)``."""
    return own(builtin, tx, _stored(args) if builtin.fn in _SETS else args, kwargs)


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, *more: Any
) -> Any:
    """``items.union(others)``."""
    return own(tracker, tx, name, _stored(args) if name in _TAKING else args, *more)


def _combined(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, *more: Any, **named: Any
) -> Any:
    """``items | others``."""
    return own(tracker, tx, *_stored([other]), *more, **named)


def _stored(others: Sequence[Any]) -> list[Any]:
    """``others``, each set with an `__iter__` of its own as the plain one that it holds."""
    return [_plain(other) for other in others]


def _plain(other: Any) -> Any:
    built = other.realize()
    if not isinstance(built, UserDefinedObjectVariable):
        return other
    cls = built.python_type()
    if not issubclass(cls, _SETS) or not iterates_in_python(cls):
        return other
    inside = plain_inside(built)
    if inside is None:
        unimplemented(
            gb_type="vartrack: a set with an `__iter__` of its own",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation="Python takes what is stored in such a set, and torch what its "
            "`__iter__` gives.",
            hints=["Make a plain set of it outside of the compiled function."],
        )
    return inside


WATCHERS: tuple[Watcher, ...] = (
    ()
    if behaviour.TAKES_STORED_ITEMS
    else (
        Watcher(BuiltinVariable, "call_function", "tracing", instead=_made, of=_SETS),
        Watcher(AnySetVariable, "call_method", "tracing", instead=_method, needed=False),
        *(
            Watcher(AnySetVariable, name, "tracing", instead=_combined, needed=False)
            for name in _OPERATORS
        ),
    )
)
