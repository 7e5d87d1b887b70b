"""Operands of what is worked out again: those that are given at each call, and the constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch._dynamo.source import is_constant_source
from torch._dynamo.utils import specialize_symnode

from vartrack.bases.tracing.again.evaluations import GIVEN
from vartrack.bases.tracing.evaluating.folding import is_plain
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.known.changed_values import may_have_changed
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.core.guarding.exporting import is_exporting, is_stored

__all__ = ["is_given", "stands", "types_of", "with_constants"]


def is_given(tracker: Any, tx: Any) -> bool:
    """Whether it is a value from outside that is known by its content."""
    if not isinstance(tracker, KnownVariable) or tracker.content is None:
        return False
    if tracker.refused or isinstance(tracker.example, (dict, set)):
        return False
    if (tracker.changeable and not tracker.is_whole) or may_have_changed(tracker, tx):
        return False
    return not (is_constant_source(tracker.content.source) or is_exporting(tx) or is_stored(tx))


def stands(tracker: Any) -> bool:
    """Whether all that a value holds is guarded already."""
    return bool(tracker.content.stands)


def with_constants(
    operands: Sequence[Any], given: Sequence[Any], comparing: bool
) -> list[Any] | None:
    """The operands, `GIVEN` for each that varies; None if one is not known, or may be changed.

    Args:
        operands: all of them.
        given: those that vary.
        comparing: whether they are only compared, so that lists may be among them.
    """
    constants: list[Any] = []
    with asking(Intent.OPERAND):
        for each in operands:
            if any(each is one for one in given):
                constants.append(GIVEN)
                continue
            if isinstance(each, KnownVariable) and (each.content is not None or each.changeable):
                return None
            try:
                value = specialize_symnode(each).as_python_constant()
            except NotImplementedError:
                return None
            if not isinstance(each, KnownVariable) and not _is_fixed(value, comparing):
                return None
            constants.append(value)
    return constants


def _is_fixed(value: Any, comparing: bool) -> bool:
    if type(value) is slice:
        return all(map(is_plain, (value.start, value.stop, value.step)))
    if comparing and type(value) in (dict, list, tuple):
        held = (*value, *value.values()) if type(value) is dict else value
        return all(_is_fixed(each, True) for each in held)
    return is_plain(value)


def types_of(given: Sequence[Any]) -> list[type]:
    """The types of the values at hand."""
    return [type(each.example) for each in given]
