"""Tuples of a class of the program's are equal to others, and added to them, as what they are.

As operands up to torch 2.12, as keys up to 2.13: there torch asks if they have one kind of tracker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch._dynamo.variables.lists import BaseListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedTupleVariable

from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import COMPARES_BY_METHOD
from vartrack.compat.operators import SWAPPED
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import iterates_in_python
from vartrack.soundness.reading.named_tuples import gives_stored
from vartrack.soundness.watchers.comparing.equality import asked

__all__ = ["WATCHERS"]

#: By each comparison the one that says the same of the operands the other way round.
_SWAPPED = {f"__{one}__": f"__{other}__" for one, other in SWAPPED.items()}


def _is_own(tracker: Any) -> bool:
    return isinstance(tracker, UserDefinedTupleVariable) and plain_inside(tracker) is not None


def _plain(ledger: Ledger, tracker: Any, name: str) -> Any:
    """The tracker of the tuple inside, if its class has nothing of its own under ``name``."""
    if not _is_own(tracker):
        return tracker
    cls = tracker.python_type()
    if ledger.holds("classes"):
        ledger.classes.look(cls, name)
    return plain_inside(tracker) if gives_stored(cls, name) else tracker


def _compared(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Sequence[Any], *more: Any
) -> Any:
    if name not in _SWAPPED or len(args) != 1:
        return own(tracker, tx, name, args, *more)
    other = args[0].realize()
    left, right = _plain(ledger, tracker, name), _plain(ledger, other, _SWAPPED[name])
    if not isinstance(left, TupleVariable) or (left is tracker and right is other):
        return own(tracker, tx, name, args, *more)
    if _is_own(right):
        return right.call_method(tx, _SWAPPED[name], [left], {})  # a subclass is asked first
    if not isinstance(right, TupleVariable):
        return own(tracker, tx, name, args, *more)
    return _without_same(left, right).call_method(tx, name, [_without_same(right, left)], {})


def _without_same(left: Any, right: Any) -> TupleVariable:
    """The items of ``left`` but for those that are at their places in ``right``: none is asked."""
    count = len(right.items)
    return TupleVariable(
        [
            item
            for at, item in enumerate(left.items)
            if at >= count or item.realize() is not right.items[at].realize()
        ]
    )


def _same_key(ledger: Ledger, own: Any, tracker: Any, other: Any) -> bool:
    left, right = _plain(ledger, tracker, "__eq__"), _plain(ledger, other, "__eq__")
    if any(kept is given and _is_own(given) for kept, given in ((left, tracker), (right, other))):
        return asked(ledger, tracker, other)
    if (left, right) == (tracker, other):
        return bool(own(tracker, other))
    return bool(left.is_python_equal(right))


def _added(ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any) -> Any:
    """``items + other``: Python takes what is stored, whatever going through it gives."""
    added = other.realize()
    if isinstance(added, UserDefinedTupleVariable) and iterates_in_python(added.python_type()):
        held = plain_inside(added) or added  # since 2.15 it holds them itself
        added = TupleVariable([*held.items])
    return own(tracker, tx, added)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(TupleVariable, "sq_concat_impl", "tracing", instead=_added, needed=False),
    *(
        Watcher(cls, "call_method", "tracing", instead=_compared)
        for cls in (BaseListVariable, UserDefinedTupleVariable)
        if COMPARES_BY_METHOD
    ),
    *(
        Watcher(cls, "is_python_equal", "tracing", instead=_same_key, needed=False)
        for cls in (TupleVariable, UserDefinedTupleVariable)
    ),
)
