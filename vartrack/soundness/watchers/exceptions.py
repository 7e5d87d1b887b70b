"""Exceptions: which one an ``except`` takes, and the text that their class says they have."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedExceptionObjectVariable

from vartrack.compat.names import ExceptionVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import can_change, find, mro_of

__all__ = ["WATCHERS"]


def _matched(ledger: Ledger, tx: Any, *_: Any, **__: Any) -> None:
    """``except Kind``: the bases of the class of what was raised."""
    raised = getattr(tx.stack[-2], "exc_type", None)
    kinds = getattr(tx.stack[-1], "items", None) or [tx.stack[-1]]
    for kind in kinds:
        expected = getattr(kind, "fn", None)
        if not (isinstance(raised, type) and isinstance(expected, type)):
            continue
        if can_change(raised):
            ledger.classes.subclass(raised, expected)
        is_base = expected in mro_of(raised)
        if ledger.guards and issubclass(raised, expected) is not is_base:
            unimplemented(
                gb_type="vartrack: an exception that is caught by a class it does not have",
                context=f"except {expected.__qualname__}",
                explanation=f"issubclass({raised.__qualname__}, {expected.__qualname__}) asks the "
                "metaclass, which torch goes by. Python goes by the bases.",
                hints=["Catch a class that the exception is derived from."],
            )


def _text(
    ledger: Ledger, own: Callable[..., Any], builtin: Any, tx: Any, tracker: Any, *more: Any
) -> Any:
    """``str(error)``: torch makes it of the arguments, whatever ``__str__`` its class has."""
    error = tracker.realize()
    if type(error) is ExceptionVariable and _tells_otherwise(error):
        made = error.exc_type(*(arg.as_python_constant() for arg in error.args))
        return VariableTracker.build(tx, str(made))
    if isinstance(error, UserDefinedExceptionObjectVariable):
        cls = error.python_type()
        ledger.classes.look(cls, "__str__", "__repr__", guarded=False)
        found = find(cls, "__str__")
        if found is not None and type(found[1]) is FunctionType:
            return error.call_method(tx, "__str__", [], {})
    return own(builtin, tx, tracker, *more)


def _tells_otherwise(error: Any) -> bool:
    """Whether its class has a text of its own, as `KeyError` has, which Python can tell now."""
    own = error.exc_type.__str__ is not BaseException.__str__
    return own and all(arg.is_python_constant() for arg in error.args)


def _made(ledger: Ledger, error: Any, cls: Any, args: Any, *_: Any, **__: Any) -> None:
    """``OSError(2, text)`` is an error of a class that goes by the number, and has other args."""
    if isinstance(cls, type) and issubclass(cls, OSError) and len(args) > 1:
        unimplemented(
            gb_type="vartrack: an error of the operating system by its number",
            context=cls.__qualname__,
            explanation="Python makes an error of a class that goes by the number. torch does not.",
            hints=["Raise the class that belongs to the number, with a text alone."],
        )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ExceptionVariable, "__init__", "tracing", _made, subclasses=False),
    Watcher(InstructionTranslatorBase, "check_if_exc_matches", "classes", _matched, needed=False),
    Watcher(BuiltinVariable, "call_str", "tracing", instead=_text, needed=False),
)
