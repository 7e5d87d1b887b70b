"""A generator that lets a `StopIteration` out has failed; it has not ended."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import ObservedException, handle_observed_exception
from torch._dynamo.symbolic_convert import (
    InliningGeneratorInstructionTranslator,
    InstructionTranslatorBase,
)
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.folding import raise_in_program
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _ran(ledger: Ledger, own: Callable[[Any], None], tx: Any) -> None:
    """The body of a generator up to its next value, or to its end."""
    try:
        own(tx)
    except ObservedException:
        raised = tx.exn_vt_stack.get_current_exception()
        if not isinstance(tx, InliningGeneratorInstructionTranslator) or not _is_end(raised):
            raise
        handle_observed_exception(tx)
        try:
            raise_in_program(tx, RuntimeError("generator raised StopIteration"))
        except ObservedException:
            for name in ("__context__", "__cause__"):
                failed = tx.exn_vt_stack.get_current_exception()
                failed.call_method(tx, "__setattr__", [VariableTracker.build(tx, name), raised], {})
            raise


def _is_end(raised: Any) -> bool:
    cls = getattr(raised, "exc_type", None)
    return isinstance(cls, type) and issubclass(cls, StopIteration)


# from 3.12 on the code of a generator says so itself
WATCHERS: tuple[Watcher, ...] = (
    (Watcher(InstructionTranslatorBase, "run", "tracing", instead=_ran),)
    if sys.version_info < (3, 12)
    else ()
)
