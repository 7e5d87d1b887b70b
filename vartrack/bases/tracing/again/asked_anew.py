"""Answers of a value that are guarded by asking for them anew, and not by all that it holds."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.content import Content, content_key
from vartrack.bases.tracing.again.results import number_again
from vartrack.bases.tracing.evaluating.folding import is_plain, raise_in_program
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

__all__ = ["asked_anew"]

Ask = Callable[..., Any]


def asked_anew(
    tracker: FoldedVariable, tx: Any, ask: Ask, *operands: Any
) -> VariableTracker | None:
    """The tracker of ``ask(value, *operands)`` or what that raises; None if it is no literal.

    Other parts of the value may change, and the answer may depend on what the value does not hold,
    such as an environment variable.

    Args:
        tracker: the value; asking must not change it.
        tx: the tracer.
        ask: a function of a module, the same for each value.
        operands: literals.
    """
    content = tracker.content
    if content is None or is_exporting(tx) or not all(map(is_plain, operands)):
        return None
    try:
        answer = ask(tracker.example, *operands)
    except Exception as error:
        content.of_answer(answered, (ask, operands)).install()
        raise_in_program(tx, error)
    number = number_again(tracker, tx, ask, operands, answer)
    if number is not None:
        return number
    if isinstance(answer, (enum.Enum, type)):
        result = VariableTracker.build(tx, answer)
    elif is_plain(answer):
        result = ConstantVariable.create(answer)
    else:
        return None
    content.of_answer(answered, (ask, operands)).install()
    return result


def answered(asked: tuple[Ask, tuple[Any, ...]], value: Any) -> tuple[type, Content]:
    """What a value answers, or raises, as a key."""
    ask, operands = asked
    try:
        answer = ask(value, *operands)
    except Exception as error:
        return type(error), content_key(error.args)
    return type(answer), content_key(answer)
