"""`Evaluation`: what is worked out at each call, of which values, and what it is known by."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import Any

from vartrack.bases.content import content_key
from vartrack.bases.tracing.evaluating.folding import is_plain
from vartrack.core.called_back import called_by_compiled

__all__ = ["EVALUATIONS", "GIVEN", "Bound", "Choice", "Evaluation", "index_of", "text_of"]

Bound = Callable[[Any], Callable[..., Any]]

#: Stands for an operand that is given at each call.
GIVEN: Any = object()

#: Each by a text that says what it is.
EVALUATIONS: dict[str, Evaluation] = {}
#: The texts, by all that tells one evaluation from another.
_texts: dict[Any, str] = {}


class Evaluation:
    """What is worked out of values of certain types, and of constants.

    Args:
        bound: from the first operand to what is called with the others.
        operands: the constants, `GIVEN` where a value is given at each call.
        names: the names of the last of them.
        types: those of the values that are given.
    """

    def __init__(
        self, bound: Bound, operands: Sequence[Any], names: Sequence[str], types: Sequence[type]
    ) -> None:
        self.bound = bound
        self.operands = operands
        self.names = names
        self.types = types
        #: What else there is if nothing but the first is given: most are so, at every call.
        self.constants: Sequence[Any] | None = None
        if operands[0] is GIVEN and not names and all(each is not GIVEN for each in operands[1:]):
            self.constants = operands[1:]

    @called_by_compiled
    def __call__(self, *values: Any) -> Any:
        if [*map(type, values)] != self.types:
            raise TypeError("values of other types")
        if self.constants is not None:
            return self.bound(values[0])(*self.constants)
        return self.worked_out(self.filled(values))

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """The operands, with the values that are given now."""
        given = iter(values)
        return [next(given) if each is GIVEN else each for each in self.operands]

    def worked_out(self, operands: Sequence[Any]) -> Any:
        """What all operands together give."""
        first, *rest = operands
        count = len(rest) - len(self.names)
        named = dict(zip(self.names, rest[count:], strict=True))
        return self.bound(first)(*rest[:count], **named)


class Choice(Evaluation):
    """Which of its operands an evaluation gives, by its number; -1 if none."""

    @called_by_compiled
    def __call__(self, *values: Any) -> int:
        if [*map(type, values)] != self.types:
            raise TypeError("values of other types")
        operands = self.filled(values)
        return index_of(self.worked_out(operands), operands)


def index_of(result: Any, operands: Sequence[Any]) -> int:
    """Which of the operands the result is, by its number; -1 if none."""
    if is_plain(result):
        return -1  # a number that is an operand by chance
    return next((i for i, operand in enumerate(operands) if operand is result), -1)


def text_of(what: str, evaluation: Evaluation) -> str | None:
    """A text that stands for the evaluation in this process; None if nothing tells it by."""
    try:
        key = (
            (type(evaluation), what),
            *_told_by(evaluation.bound),
            *((each is GIVEN) or content_key(each) for each in evaluation.operands),
            *(*evaluation.names, *evaluation.types),
        )
        known = _texts.get(key)
    except Exception:
        return None
    if known is None:
        first, *rest = ("_" if each is GIVEN else repr(each) for each in evaluation.operands)
        shown = ", ".join(rest if first == "_" else (first, *rest))
        known = _texts[key] = f"{len(_texts)}: {what}({shown[:40]})"
    return known


def _told_by(function: Any) -> tuple[Any, ...]:
    """What tells a function of this package from others: its code, and what it closes over."""
    if isinstance(function, functools.partial):
        return (*_told_by(function.func), *function.args, *function.keywords.items())
    if type(function) is not types.FunctionType:
        return (function,)
    cells = (cell.cell_contents for cell in function.__closure__ or ())
    return (function.__code__, *(part for held in cells for part in _told_by(held)))
