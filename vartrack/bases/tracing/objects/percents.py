"""``text % value`` of values with texts of their own, or numbers that are symbols: torch says that
there is no such operator."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.evaluating.percent_places import TEXT_OF, Place, pieces, with_texts
from vartrack.core.texts.articles import with_article
from vartrack.core.wrapping.handlers import is_foreign
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["PERCENTS"]


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
    parts = pieces(text.value) or []
    names = [part.name for part in parts if isinstance(part, Place)]
    if names and None not in names:
        if on_class(operands.python_type(), "__getitem__") is None:
            return text, operands
        get = VariableTracker.build(tx, operator.getitem)
        items = [
            get.call_function(tx, [operands, ConstantVariable.create(name)], {}) for name in names
        ]
    else:
        items = operands.items if type(operands) is TupleVariable else [operands]
        if len(items) != len(names) or any(name is not None for name in names):
            return text, operands
    items = [specialize_symnode(item.realize()) for item in items]
    template, taken = with_texts(parts, items, functools.partial(_text, tx))
    return ConstantVariable.create(template), TupleVariable(taken)


def _text(tx: Any, place: Place, item: VariableTracker) -> VariableTracker | None:
    """The text of a value of a user's type; torch would make others of what it has at hand."""
    if item.is_python_constant():
        return None
    if is_foreign(type(item)):
        text = BuiltinVariable(TEXT_OF[place.letter]).call_function(tx, [item], {}).realize()
        if text.is_python_constant():
            return text  # type: ignore[no-any-return]
    refuse(
        with_article(item.python_type()),
        "is put into a text by `%`, for which its text must be known while tracing",
        "Use an f-string, or make the text outside the compiled function.",
    )


#: What is put in place in torch, where it has the operator of texts.
PERCENTS = Wrappers(*in_this_release((ConstantVariable, "nb_remainder_impl", _filling_in)))
