"""A generator that lets a `StopIteration` out has failed; it has not ended."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from torch._dynamo.exc import (
    ObservedException,
    handle_observed_exception,
    raise_observed_exception,
)
from torch._dynamo.symbolic_convert import (
    InliningGeneratorInstructionTranslator,
    InstructionTranslatorBase,
)
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import LocalGeneratorObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.instructions import raised_now
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _raised(ledger: Ledger, own: Any, tx: Any, raised: Any, *more: Any, **options: Any) -> Any:
    """``raise StopIteration``: torch makes another error of it there, which no `except` takes."""
    cls = getattr(raised, "exc_type", getattr(raised, "fn", None))
    if cls is StopIteration and tx.f_code.co_flags & inspect.CO_GENERATOR:
        raise_: Callable[..., NoReturn] = raise_observed_exception
        raise_(cls, tx, args=list(getattr(raised, "args", ())))
    return own(tx, raised, *more, **options)


def _ran(ledger: Ledger, own: Callable[[Any], None], tx: Any) -> None:
    """The body of a generator up to its next value, or to its end."""
    try:
        own(tx)
    except ObservedException:
        if isinstance(tx, InliningGeneratorInstructionTranslator):
            _fail(tx)
        raise


def _thrown(ledger: Ledger, own: Any, generator: Any, tx: Any, error: Any) -> None:
    """``generator.throw(error)``, if nothing in the generator takes it."""
    try:
        own(generator, tx, error)
    except ObservedException:
        _fail(tx)
        raise


def _fail(tx: Any) -> None:
    """Raise another error if it is a `StopIteration` that leaves the generator."""
    ended = raised_now(tx)
    cls = getattr(ended, "exc_type", None)
    if not isinstance(cls, type) or not issubclass(cls, StopIteration):
        return
    handle_observed_exception(tx)
    try:
        raise_in_program(tx, RuntimeError("generator raised StopIteration"))
    except ObservedException:
        failed = raised_now(tx)
        for name in ("__context__", "__cause__"):
            failed.call_method(tx, "__setattr__", [VariableTracker.build(tx, name), ended], {})
        raise


_RAISED = Watcher(
    InstructionTranslatorBase, "_raise_exception_variable", "tracing", instead=_raised
)
_LEFT: tuple[Watcher, ...] = (
    Watcher(InstructionTranslatorBase, "run", "tracing", instead=_ran),
    Watcher(LocalGeneratorObjectVariable, "_setup_exception", "tracing", instead=_thrown),
)
# from Python 3.12 on the code of a generator says so itself
_OF_TORCH = (_RAISED, *(_LEFT if sys.version_info < (3, 12) else ()))
WATCHERS: tuple[Watcher, ...] = () if behaviour.TELLS_FAILED_GENERATORS else _OF_TORCH
