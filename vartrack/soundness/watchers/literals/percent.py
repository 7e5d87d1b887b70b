"""``text % value`` of members of enums whose texts the program makes: torch has no such text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.compat.containers import plain_inside
from vartrack.soundness.enum_members import TracedMemberVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]

#: What stands in a text for a value, with the letter that says how; ``%%`` stands for none.
_PLACES = re.compile(r"%(?:%|[#0\- +]*\d*(?:\.\d+)?([a-zA-Z]))")
_TEXT_OF = {"s": str, "r": repr, "a": ascii}


def _filled_in(
    ledger: Ledger, own: Any, text: Any, tx: Any, other: Any, *reverse: Any, **options: Any
) -> Any:
    """The members are put in by their texts, which are traced."""
    items = _items(other)
    if type(text.value) is str and any(type(item) is TracedMemberVariable for item in items):
        letters = [place[1] for place in _PLACES.finditer(text.value) if place[1]]
        if len(letters) == len(items) and text.value.count("%(") == text.value.count("*") == 0:
            other = TupleVariable([*_texts(tx, letters, items)])
            shown = {at for at, item in enumerate(items) if type(item) is TracedMemberVariable}
            text = ConstantVariable.create(_as_texts(text.value, shown))
    return own(text, tx, other, *reverse, **options)


def _items(other: Any) -> list[Any]:
    """What is put in."""
    operands = other.realize()
    inside = operands if isinstance(operands, TupleVariable) else plain_inside(operands)
    is_tuple = isinstance(inside, TupleVariable)
    return [item.realize() for item in (inside.items if is_tuple else [operands])]


def _texts(tx: Any, letters: list[str], items: list[VariableTracker]) -> Iterator[VariableTracker]:
    for letter, item in zip(letters, items, strict=True):
        if type(item) is TracedMemberVariable and letter in _TEXT_OF:
            yield BuiltinVariable(_TEXT_OF[letter]).call_function(tx, [item], {})
        else:
            yield item


def _as_texts(template: str, shown: set[int]) -> str:
    """``template`` with ``%s`` where a text is put in that is made already."""
    numbers = iter(range(len(template)))

    def place(found: re.Match[str]) -> str:
        if not found[1] or next(numbers) not in shown or found[1] not in _TEXT_OF:
            return found[0]
        return found[0][:-1] + "s"

    return _PLACES.sub(place, template)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ConstantVariable, "nb_remainder_impl", "tracing", instead=_filled_in, needed=False),
)
