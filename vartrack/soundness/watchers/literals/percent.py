"""``text % value`` of members of enums whose texts the program makes: torch has no such text."""

from __future__ import annotations

import functools
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases.tracing.evaluating.percent_places import TEXT_OF, Place, pieces, with_texts
from vartrack.compat.containers import plain_inside
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.visitors.enum_members import TracedMemberVariable

__all__ = ["WATCHERS"]


def _filled_in(
    ledger: Ledger, own: Any, text: Any, tx: Any, other: Any, *reverse: Any, **options: Any
) -> Any:
    """The members are put in by their texts, which are traced."""
    items = _items(other)
    if type(text.value) is str and any(type(item) is TracedMemberVariable for item in items):
        parts = pieces(text.value) or []
        names = [part.name for part in parts if isinstance(part, Place)]
        if names == [None] * len(items):
            template, taken = with_texts(parts, items, functools.partial(_text, tx))
            text, other = ConstantVariable.create(template), TupleVariable(taken)
    return own(text, tx, other, *reverse, **options)


def _text(tx: Any, place: Place, item: VariableTracker) -> VariableTracker | None:
    if type(item) is not TracedMemberVariable:
        return None
    return BuiltinVariable(TEXT_OF[place.letter]).call_function(tx, [item], {})


def _items(other: Any) -> list[Any]:
    """What is put in."""
    operands = other.realize()
    inside = operands if isinstance(operands, TupleVariable) else plain_inside(operands)
    is_tuple = isinstance(inside, TupleVariable)
    return [item.realize() for item in (inside.items if is_tuple else [operands])]


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ConstantVariable, "nb_remainder_impl", "tracing", instead=_filled_in, needed=False),
)
