"""How a result is worked out again of late values: a place of its own, which can be guarded."""

from __future__ import annotations

import operator
import re
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyVariableTracker

from vartrack.bases.tracing.late import symbols
from vartrack.bases.tracing.late.kept_patterns import kept_at
from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.fixed import is_writable
from vartrack.core.sources.worked_out import worked_out

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["example_of", "is_pattern", "place_of", "sliced", "written_at"]

#: Stands for nothing that can be written.
_NOTHING: Any = object()


def sliced(text: Any, start: Any, stop: Any, step: Any) -> Any:
    """A part of ``text``."""
    return text[start:stop:step]


_SIGNS: dict[Callable[..., Any], str] = {
    **symbols.SIGNS,
    operator.eq: "({} == {})",
    operator.ne: "({} != {})",
    operator.lt: "({} < {})",
    operator.le: "({} <= {})",
    operator.gt: "({} > {})",
    operator.ge: "({} >= {})",
    operator.and_: "({} & {})",
    operator.or_: "({} | {})",
    operator.xor: "({} ^ {})",
    operator.lshift: "({} << {})",
    operator.rshift: "({} >> {})",
    operator.not_: "(not {})",
    operator.invert: "(~{})",
    operator.getitem: "{}[{}]",
    operator.contains: "({1} in {0})",
    sliced: "{}[{}:{}:{}]",
}


def place_of(function: Callable[..., Any], operands: Sequence[VariableTracker]) -> Source | None:
    """Where compiled code finds what ``function(*operands)`` gives, worked out at each call.

    Args:
        function: an operator or method that is written in C and depends on its operands alone.
        operands: late values, what is worked out of such, symbols, and constants.

    Returns:
        None if it cannot be worked out of what is read from elsewhere.
    """
    places: list[Any] = []
    for operand in operands:
        if waits(operand):
            operand.rely_on_type()  # type: ignore[attr-defined]
            place = operand.place()  # type: ignore[attr-defined]
            if place is None:
                return None
        elif symbols.is_symbol(operand):
            place = symbols.place_of_symbol(operand)
            if place is None:
                return None
        else:
            place = _written(operand.unwrap())
            if place is _NOTHING:
                return None
        places.append(place)
    if not any(waits(operand) or symbols.is_symbol(operand) for operand in operands):
        return None  # what was late is known by now
    return written_at(function, places)


def written_at(function: Callable[..., Any], operands: Sequence[Any]) -> Source | None:
    """Where compiled code finds what ``function`` gives for what is at ``operands``.

    Args:
        function: an operator or method that is written in C and depends on its operands alone.
        operands: places, and constants whose `repr` is Python text.
    """
    if is_stored(InstructionTranslator.current_tx()):
        return None
    name = function.__name__
    if isinstance(function, types.MethodDescriptorType):
        rest = ", ".join(["{}"] * (len(operands) - 1))
        return worked_out(f"{{}}.{name}({rest})", f".{name}", operands)
    module = function.__module__.lstrip("_")
    written = _SIGNS.get(function)
    if written is None:
        found_in = "" if module in ("builtins", "operator") else f"{module}."
        written = f"{found_in}{name}({', '.join(['{}'] * len(operands))})"
    return worked_out(written, f"{module}.{name}", operands)


def _written(known: VariableTracker) -> Any:
    """A constant, or where compiled code finds a pattern; `_NOTHING` if it is neither."""
    if type(known) is ConstantVariable:
        return known.value if is_writable(known.value) else _NOTHING
    if not is_pattern(known):
        return _NOTHING
    source = known.original_source() if type(known) is LazyVariableTracker else known.source
    if source is not None:
        return source
    return kept_at(InstructionTranslator.current_tx(), _value_of(known))


def _value_of(known: VariableTracker) -> Any:
    """The object that a tracker is of, if it has one; a lazy one is not built for that."""
    if type(known) is LazyVariableTracker:
        return known.original_value()
    return vars(known).get("value")


def is_pattern(tracker: VariableTracker) -> bool:
    """Whether ``tracker`` stands for a pattern that is known."""
    return type(_value_of(tracker.unwrap())) is re.Pattern


def example_of(operand: Any) -> Any:
    """The value at hand of a late value, of a symbol that has a place, or of a constant."""
    if waits(operand):
        return operand.example
    if symbols.is_symbol(operand):
        return symbols.value_of_symbol(operand)
    return _value_of(operand.unwrap())
