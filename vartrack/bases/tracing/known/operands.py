"""Operands of an evaluation, as the Python values that they are while tracing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.content import content_key
from vartrack.bases.tracing.evaluating.folding import CHANGEABLE, refuse, texts_of
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.core.texts.articles import with_article

__all__ = ["calling", "constants_of", "runs_code"]

Operands = tuple[list[Any], dict[str, Any]]


def constants_of(
    args: Sequence[VariableTracker], kwargs: Mapping[str, VariableTracker]
) -> Operands | None:
    """The operands as Python values; None if one of them is not known while tracing.

    A symbolic number is fixed to the value it has now, which is guarded.
    """
    with asking(Intent.OPERAND):
        try:
            return (
                [_constant_of(arg) for arg in args],
                {name: _constant_of(arg) for name, arg in kwargs.items()},
            )
        except NotImplementedError:
            return None


def _constant_of(arg: VariableTracker) -> Any:
    return specialize_symnode(arg.realize()).as_python_constant()


def calling(
    tx: Any,
    what: str,
    args: Sequence[VariableTracker],
    kwargs: Mapping[str, VariableTracker],
) -> Callable[[Callable[..., Any]], Any] | None:
    """What calls a function with the operands; None if one is not known while tracing.

    One that the traced code has changed is not. A function is not: what it does, and reads on its
    way, must be traced. The operands that can change are copied. A change of one, which the traced
    code would not see, is refused, and so is a text that shows where one is.
    """
    known = constants_of(args, kwargs)
    if known is None:
        return None
    trackers = [arg.realize() for arg in (*args, *kwargs.values())]
    copied = [tracker if isinstance(tracker, KnownVariable) else None for tracker in trackers]
    if any(one and one.is_changed(tx) for one in copied):
        return None  # what is at hand is not what it will be
    if any(runs_code(value) for one, value in zip(copied, _all(known), strict=True) if not one):
        return None

    def call(function: Callable[..., Any]) -> Any:
        given = _all(constants_of(args, kwargs) or known)
        values = [one.subject() if one else value for one, value in zip(copied, given, strict=True)]
        named = dict(zip(kwargs, values[len(args) :], strict=True))
        try:
            result = function(*values[: len(args)], **named)
        finally:
            for one, value, before in zip(copied, values, _all(known), strict=True):
                if one:
                    one.unchanged(tx, what, value)
                elif isinstance(value, CHANGEABLE) and _differ(value, before):
                    refuse(what, f"changes an operand, {with_article(type(value))}")
        for text in texts_of(result):
            for one, value in zip(copied, values, strict=True):
                if one:
                    one.refuse_address(what.rpartition(".")[2], value, text)
        return result

    return call


def _all(operands: Operands) -> list[Any]:
    return [*operands[0], *operands[1].values()]


def runs_code(operand: Any) -> bool:
    """Whether ``operand`` is or holds something that can be called, other than a class."""
    if isinstance(operand, dict):
        operand = (*operand, *operand.values())
    if isinstance(operand, (tuple, list, set, frozenset)):
        return any(map(runs_code, operand))
    return callable(operand) and not isinstance(operand, type)


def _differ(one: Any, other: Any) -> bool:
    """Whether two operands differ in anything that the traced code could see."""
    try:
        return content_key(one) != content_key(other)
    except Exception:
        return bool(one != other)
