"""``"%d" % n`` of numbers that vary: torch takes no symbol for a number.

The text is made when the graph has run, if a format makes the same; else the numbers are fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.percent_places import Place, pieces
from vartrack.bases.tracing.late.late_text import LateText
from vartrack.compat.containers import plain_inside

__all__ = ["filled_in"]


def filled_in(tx: Any, function: Any, args: Sequence[VariableTracker]) -> VariableTracker | None:
    """What ``text % values`` gives if a number in it varies; None if none does.

    Args:
        tx: the tracer.
        function: `operator.mod` or `operator.imod`.
        args: the two operands.
    """
    if len(args) != 2:
        return None
    text, values = args
    if type(text) is not ConstantVariable or type(text.value) not in (str, bytes):
        return None
    inside = plain_inside(values) or values
    several = isinstance(inside, TupleVariable)
    items: Any = [item.realize() for item in inside.items] if several else [values]  # type: ignore[attr-defined]
    if not any(type(item) is SymNodeVariable for item in items):
        return None
    made = _template(text.value, items) if type(text.value) is str else None
    if made is not None:
        return LateText.of(made, [item for item in items if type(item) is SymNodeVariable])
    _raise_of_places(tx, text.value, items, several)
    fixed = [specialize_symnode(item) for item in items]
    known = TupleVariable(fixed) if several else fixed[0]
    return BuiltinVariable(function).call_function(tx, [text, known], {})


def _raise_of_places(tx: Any, text: Any, items: Sequence[Any], several: bool) -> None:
    """Raise what Python raises if the places do not fit the values, whichever numbers these are."""
    if any(type(item) not in (SymNodeVariable, ConstantVariable) for item in items):
        return
    values = [
        item.python_type()(1) if type(item) is SymNodeVariable else item.value for item in items
    ]
    try:
        text % (tuple(values) if several else values[0])
    except (TypeError, ValueError) as error:
        raise_in_program(tx, error)


def _template(text: str, items: Sequence[Any]) -> str | None:
    """What `str.format` makes of the numbers that vary of what ``text % items`` is."""
    written = ""
    left = [*items]
    for part in pieces(text) or [text]:
        if not isinstance(part, Place):
            written += _as_it_is(part)
            continue
        if not left or part.name is not None:
            return None
        item = left.pop(0)
        if type(item) is SymNodeVariable:
            # no int of a graph is too large for a float
            cls = float if part.is_of_float else item.python_type()
            spec = "" if part.is_whole_text else part.spec_of(cls)
            if spec is None:
                return None
            written += f"{{:{spec}}}"
            continue
        try:
            written += _as_it_is(part.of(item.value))
        except (AttributeError, TypeError, ValueError):
            return None  # it is no constant, or torch raises it in the program
    return None if left else written


def _as_it_is(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
