"""The words of what cannot be taken apart, as ``one, other = 5``: torch has those of `iter`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import ObservedException

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.instructions import WrappedInstructions, is_tried, raised_now
from vartrack.soundness.noting.ledger import puts_right
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.type_names import name_in_words

__all__ = ["INSTRUCTIONS"]


def _with_words(words: str) -> Callable[..., Any]:
    """Around an instruction that goes through the last value of the stack."""

    def wrap(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        @functools.wraps(own)
        def instruction(tx: Any, inst: Any) -> None:
            value = tx.stack[-1]
            try:
                own(tx, inst)
            except ObservedException:
                if puts_right() and is_tried(tx) and raised_now(tx).exc_type is TypeError:
                    _raise_of_no_items(tx, value, words)
                raise

        return instruction

    return wrap


def _raise_of_no_items(tx: Any, value: Any, words: str) -> None:
    cls = type_at_hand(value)
    if not any(find(cls, name) for name in ("__iter__", "__getitem__")):
        raise_in_program(tx, TypeError(words.format(name_in_words(cls))))


INSTRUCTIONS = WrappedInstructions(
    **dict.fromkeys(
        ("UNPACK_SEQUENCE", "UNPACK_EX"), _with_words("cannot unpack non-iterable {} object")
    ),
    LIST_EXTEND=_with_words("Value after * must be an iterable, not {}"),
)
