"""``text % value`` of values with texts of their own, or numbers that are symbols: torch says that
there is no such operator."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.core.handlers import is_foreign
from vartrack.core.wrappers import Wrappers, in_this_release

__all__ = ["PERCENTS"]

#: What stands in a text for a value: its name, how it is shown, and the letter; ``%%`` for none.
_PLACE = re.compile(r"%(?:(%)|(?:\((\w+)\))?([#0\- +]*\d*(?:\.\d+)?)([a-zA-Z]))")
_TEXT_OF = {"s": str, "r": repr, "a": ascii}


def _filling_in(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def nb_remainder_impl(text: Any, tx: Any, other: Any, *reverse: Any, **options: Any) -> Any:
        is_reversed = any(reverse) or any(options.values())
        if type(text.value) is str and not is_reversed:
            operands = other.realize()
            if not operands.is_python_constant():
                text, other = _filled_in(tx, text, operands)
        return own(text, tx, other, *reverse, **options)

    return nb_remainder_impl


def _filled_in(
    tx: Any, text: ConstantVariable, operands: VariableTracker
) -> tuple[ConstantVariable, VariableTracker]:
    """The same with texts for the values that have some; as it was if Python refuses it."""
    places = [place for place in _PLACE.finditer(text.value) if not place[1]]
    if len(places) != _PLACE.sub("%", text.value).count("%") - text.value.count("%%"):
        return text, operands
    if all(place[2] for place in places) and places:
        if on_class(operands.python_type(), "__getitem__") is None:
            return text, operands
        get = VariableTracker.build(tx, operator.getitem)
        names = [ConstantVariable.create(place[2]) for place in places]
        items = [get.call_function(tx, [operands, name], {}) for name in names]
    else:
        items = operands.items if type(operands) is TupleVariable else [operands]
        if len(items) != len(places) or any(place[2] for place in places):
            return text, operands
    items = [specialize_symnode(item.realize()) for item in items]
    shown: list[VariableTracker] = []
    letters: list[str] = []
    for place, item in zip(places, items, strict=True):
        is_text = not item.is_python_constant() and place[4] in _TEXT_OF
        shown.append(_text(tx, place[4], item) if is_text else item)
        letters.append(f"%{place[3]}{'s' if is_text else place[4]}")
    following = iter(letters)
    template = _PLACE.sub(lambda place: place[0] if place[1] else next(following), text.value)
    return ConstantVariable.create(template), TupleVariable(shown)


def _text(tx: Any, letter: str, item: VariableTracker) -> VariableTracker:
    """The text of a value of a user's type; torch would make others of what it has at hand."""
    if is_foreign(type(item)):
        text = BuiltinVariable(_TEXT_OF[letter]).call_function(tx, [item], {}).realize()
        if text.is_python_constant():
            return text  # type: ignore[no-any-return]
    refuse(
        f"a {item.python_type().__qualname__}",
        "is put into a text by `%`, for which its text must be known while tracing",
        "Use an f-string, or make the text outside the compiled function.",
    )


#: What is put in place in torch, where it has the operator of texts.
PERCENTS = Wrappers(*in_this_release((ConstantVariable, "nb_remainder_impl", _filling_in)))
