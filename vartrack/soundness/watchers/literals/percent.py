"""``text % value`` of what torch has no text of.

Of members of enums whose texts the program makes, and of numbers that vary.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.late_text import LateText
from vartrack.compat.containers import plain_inside
from vartrack.soundness.enum_members import TracedMemberVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]

#: What stands in a text for a value, with the letter that says how; ``%%`` stands for none.
_PLACES = re.compile(r"%(?:%|[#0\- +]*\d*(?:\.\d+)?([a-zA-Z]))")
#: By the class of a number the places where its text stands as it is.
_WHOLE: dict[Any, tuple[str, ...]] = {
    int: ("%s", "%r", "%a", "%d", "%i"),
    float: ("%s", "%r", "%a"),
    bool: (),
}
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


def _put_off(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """A text of numbers that vary waits for them."""
    text: Any = args[0].unwrap()
    if len(args) == 2 and type(text) is ConstantVariable and type(text.value) is str:
        late = _late(tx, text.value, _items(args[1]))
        if late is not None:
            return late
    return own(builtin, tx, args, kwargs)


def _late(tx: Any, template: str, items: list[Any]) -> LateText | None:
    """The text that waits for numbers that vary; None if there are none, or it is not known how."""
    numbers = [item for item in items if isinstance(item, SymNodeVariable)]
    if not numbers:
        return None
    if all(item in numbers or item.is_python_constant() for item in items):
        _raise_of(tx, template, items, numbers)
    parts: list[str] = []
    args: list[VariableTracker] = []
    left, end = iter(items), 0
    for place in _PLACES.finditer(template):
        parts.append(_literal(template[end : place.start()]))
        end = place.end()
        item = None if place[1] is None else next(left, None)
        if item is None:
            if place[0] != "%%":
                return None
            parts.append("%")
        elif item.is_python_constant():
            parts.append(_literal(place[0] % (item.as_python_constant(),)))
        elif isinstance(item, SymNodeVariable) and place[0] in _WHOLE[item.python_type()]:
            parts.append("{}")
            args.append(item)
        else:
            return None
    rest = template[end:]
    if "%" in rest or next(left, None) is not None:
        return None
    return LateText.of("".join([*parts, _literal(rest)]), args)


def _raise_of(tx: Any, template: str, items: list[Any], numbers: list[Any]) -> None:
    """What Python raises if the places do not fit the values, whichever numbers these are."""
    values = [
        item.python_type()(1) if item in numbers else item.as_python_constant() for item in items
    ]
    try:
        template % (*values,)
    except (TypeError, ValueError) as error:
        raise_in_program(tx, error)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


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
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        instead=_put_off,
        subclasses=False,
        of=(operator.mod, operator.imod),
    ),
    Watcher(ConstantVariable, "nb_remainder_impl", "tracing", instead=_filled_in, needed=False),
)
