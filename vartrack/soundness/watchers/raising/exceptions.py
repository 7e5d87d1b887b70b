"""Exceptions: what is raised, which ``except`` takes it, and the text that its class has for it."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.exc import ObservedKeyError, unimplemented
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedExceptionObjectVariable

from vartrack.bases.tracing.evaluating.error_texts import told_by_python, words_itself
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import Instructions
from vartrack.compat.names import ExceptionVariable, object_protocol
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, puts_right
from vartrack.soundness.reading.lookups import can_change, find, mro_of
from vartrack.soundness.watchers.raising.own_exceptions import text_in_c

__all__ = ["INSTRUCTIONS", "WATCHERS"]


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
    found = _own_text(ledger, tx, tracker)
    return own(builtin, tx, tracker, *more) if found is None else found


def _text_since_213(
    ledger: Ledger, own: Callable[..., Any], tx: Any, tracker: Any, *more: Any
) -> Any:
    """``f"{error}"``, which torch formats by a function of its own since 2.14."""
    found = _own_text(ledger, tx, tracker)
    return own(tx, tracker, *more) if found is None else found


def _own_text(ledger: Ledger, tx: Any, tracker: Any) -> VariableTracker | None:
    """The text of an exception of which its class has something to say."""
    error = tracker.realize()
    if type(error) is ExceptionVariable and (
        words_itself(error.exc_type) or not behaviour.TELLS_EXCEPTIONS
    ):
        return told_by_python(tx, error, str)
    if isinstance(error, UserDefinedExceptionObjectVariable):
        cls = error.python_type()
        ledger.classes.look(cls, "__str__", "__repr__", guarded=False)
        found = find(cls, "__str__")
        if found is not None and type(found[1]) is FunctionType:
            text: VariableTracker = error.call_method(tx, "__str__", [], {})
            return text
        return None if found is None else text_in_c(tx, error, *found)
    return None


def _shown(
    ledger: Ledger, own: Callable[..., Any], builtin: Any, tx: Any, tracker: Any, *more: Any
) -> Any:
    """``repr(error)``, which torch does not trace up to 2.11."""
    error = tracker.realize()
    told = told_by_python(tx, error, repr) if type(error) is ExceptionVariable else None
    return own(builtin, tx, tracker, *more) if told is None else told


#: What Python says of an attribute or variable that is not there, besides the words, and those.
_SAID_BESIDES = ("name", "obj")
_LACKING = ("has no attribute", "is not defined", "not associated with a value")


def _read(ledger: Ledger, own: Callable[..., Any], error: Any, tx: Any, name: str) -> Any:
    """``error.args``, which is a list in torch up to 2.11, and what Python says besides words."""
    if name in _SAID_BESIDES:
        _refuse_what_is_said_besides(error, name)
    found = own(error, tx, name)
    return TupleVariable(list(error.args)) if type(found) is ListVariable else found


def _refuse_what_is_said_besides(error: Any, name: str) -> None:
    """``error.name`` of what Python raises itself: torch has None there, as if the program did."""
    if not issubclass(error.exc_type, (AttributeError, NameError)):
        return
    words = [arg.as_python_constant() for arg in error.args if arg.is_python_constant()]
    if any(isinstance(text, str) and any(each in text for each in _LACKING) for text in words):
        unimplemented(
            gb_type="vartrack: what an error says besides its words",
            context=f"{name} of {error.exc_type.__qualname__}",
            explanation="Python says there what was not found, and where. torch does not.",
            hints=["Take it from the text of the error, or read it outside of what is compiled."],
        )


def _looked_up(ledger: Ledger, own: Callable[..., Any], tracker: Any, name: str) -> Any:
    """The same since 2.14."""
    if issubclass(type(tracker), ExceptionVariable):
        _refuse_what_is_said_besides(tracker, name)
    return own(tracker, name)


def _missing(ledger: Ledger, own: Callable[..., Any], items: Any, tx: Any, key: Any) -> Any:
    """``d[key]``, of which torch tells about the lookup, and not the key, up to 2.11."""
    try:
        return own(items, tx, key)
    except ObservedKeyError:
        raise_in_program(tx, KeyError(key))


def _made(
    ledger: Ledger, own: Any, error: Any, cls: Any, args: Any, *more: Any, **kwargs: Any
) -> None:
    """``OSError(2, text)`` is an error of the class that the number stands for."""
    if isinstance(cls, type) and issubclass(cls, OSError):
        if len(args) > 2:
            unimplemented(
                gb_type="vartrack: an error with the name of a file",
                context=cls.__qualname__,
                explanation="Python keeps the name of the file apart from the arguments. torch "
                "does not.",
                hints=["Make the error without the name, or with one text alone."],
            )
        if cls is OSError and len(args) == 2:
            args = [specialize_symnode(args[0]), args[1]]
            if args[0].is_python_constant():
                cls = type(OSError(args[0].as_python_constant(), ""))
    own(error, cls, args, *more, **kwargs)


def _raised(tx: Any, inst: Any) -> bool:
    """``raise error``: torch takes one that comes from outside for no exception."""
    if puts_right():
        for tracker in tx.stack[-inst.arg :] if inst.arg else ():
            error = tracker.realize()
            if isinstance(error, UserDefinedExceptionObjectVariable):
                continue  # made while tracing
            if isinstance(getattr(error, "value", None), BaseException):
                unimplemented(
                    gb_type="vartrack: an exception from outside that is raised",
                    context=f"raise {type(error.value).__qualname__}",
                    explanation="torch raises only exceptions that are made in what is compiled.",
                    hints=["Raise a new exception, or raise it outside of what is compiled."],
                )
        if inst.arg == 1 and ConstantVariable.is_literal(getattr(error, "value", error)):
            _raise_no_exception(tx)
    return False


def _raise_no_exception(tx: Any) -> None:
    """``raise 3``, in the words of this Python."""
    no_error: Any = 3
    try:
        raise no_error
    except TypeError as error:
        raise_in_program(tx, error)


INSTRUCTIONS = Instructions(RAISE_VARARGS=_raised)
WATCHERS: tuple[Watcher, ...] = (
    Watcher(ExceptionVariable, "__init__", "tracing", instead=_made, subclasses=False),
    Watcher(
        ExceptionVariable,
        hook_name("tp_getattro_impl"),
        "tracing",
        instead=_read,
        subclasses=False,
    ),
    Watcher(
        *(VariableTracker, "lookup_tp_getset_member", "tracing"),
        instead=_looked_up,
        needed=False,
        of=_SAID_BESIDES,
    ),
    Watcher(InstructionTranslatorBase, "check_if_exc_matches", "classes", _matched, needed=False),
    Watcher(BuiltinVariable, "call_str", "tracing", instead=_text, needed=False),
    Watcher(object_protocol, "generic_str", "tracing", instead=_text_since_213, needed=False),
    Watcher(BuiltinVariable, "call_repr", "tracing", instead=_shown, needed=False),
    Watcher(
        ConstDictVariable,
        "getitem_const_raise_exception_if_absent",
        "tracing",
        instead=_missing,
        needed=False,
    ),
)
