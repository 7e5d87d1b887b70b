"""``value = yield from generator``: what the generator returned; up to 2.13 None in torch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import ObservedUserStopIteration
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import LocalGeneratorObjectVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat import behaviour
from vartrack.compat.hooks import HAS_ENDED
from vartrack.compat.instructions import WrappedInstructions, raised_now
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, puts_right

__all__ = ["INSTRUCTIONS", "WATCHERS"]

Instruction = Callable[[Any, Any], None]


def _delegating(own: Instruction, has_ended: Callable[[int, int], bool]) -> Instruction:
    @functools.wraps(own)
    def instruction(tx: Any, inst: Any) -> None:
        if not puts_right():
            own(tx, inst)
            return
        inner, before = tx.stack[-2].realize(), tx.instruction_pointer
        runs = not _is_exhausted(inner)
        own(tx, inst)
        if has_ended(before, tx.instruction_pointer) and runs:
            result = _returned(tx, inner)
            if result is not None:
                tx.stack[-1] = result

    return instruction


def _is_exhausted(inner: Any) -> bool:
    return isinstance(inner, LocalGeneratorObjectVariable) and bool(getattr(inner, HAS_ENDED)())


def _returned(tx: Any, inner: Any) -> Any:
    """What the iterator gave as it ended; None for nothing."""
    if isinstance(inner, LocalGeneratorObjectVariable):
        return inner.inline_tracer.symbolic_result
    if isinstance(inner, UserDefinedObjectVariable):
        raised = raised_now(tx)
        return next(iter(raised.args), ConstantVariable.create(None))
    return None


def _sends(own: Instruction) -> Instruction:
    """Python 3.11 and up: it jumps when the iterator has ended."""
    return _delegating(own, lambda before, after: before != after)


def _yields(own: Instruction) -> Instruction:
    """Python 3.10: it stays at the instruction until the iterator has ended."""
    return _delegating(own, lambda before, after: before == after)


def _ended(ledger: Ledger, _: Any, error: Any, *__: Any, **___: Any) -> None:
    """Up to 2.12 torch makes a constant of what a generator returned, and dies of a tracker."""
    if ledger.guards:
        error.value = None


WATCHERS: tuple[Watcher, ...] = (
    ()
    if behaviour.DELEGATES_WITH_VALUES
    else (Watcher(ObservedUserStopIteration, "__init__", "tracing", after=_ended),)
)
INSTRUCTIONS = WrappedInstructions(
    **({} if behaviour.DELEGATES_WITH_VALUES else {"SEND": _sends, "YIELD_FROM": _yields})
)
