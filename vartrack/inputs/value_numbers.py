"""Numbers that are symbols where torch has constants, if torch can do with symbols.

They are read from values of users' types; with the set thrift also from modules and globals. torch
has no answer to many uses of a symbol (its repr, sorting, ``divmod``), where the number itself
would do. So a compile that breaks its graph while it holds such symbols begins anew, with the
numbers as constants, each under its guard. If the graph breaks at the same place again, constants
are no help there: it begins anew with symbols, and breaks.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo import exc
from torch._dynamo.symbolic_convert import (
    InstructionTranslator,
    InstructionTranslatorBase,
    SpeculationEntry,
)
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.misc import StringFormatVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._guards import CompileContext

from vartrack import session
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.compile import Compile

__all__ = ["RETRIES", "are_fixed", "holds_symbols_now", "is_fixed", "is_met", "met", "note_symbol"]


@dataclass
class _Attempt:
    """Where a compile stands that began anew.

    Attributes:
        constants: whether it is traced with constants.
        broke_at: at which instruction of the root the graph broke with symbols; None if a
            compile failed otherwise.
        in_vain: whether it breaks there with constants as well.
    """

    constants: bool
    broke_at: int | None
    in_vain: bool = False


#: The compiles that began anew.
_attempts: weakref.WeakKeyDictionary[CompileContext, _Attempt] = weakref.WeakKeyDictionary()

_PLACES, _SYMBOLS = "places of users' values", "symbols of users' values"


def met(compile: Compile, source: Source | None) -> None:
    """Say that a value of a user's type is at ``source``, so that what is read from it counts."""
    if source is not None:
        compile.notes.setdefault(_PLACES, set()).add(source)


def _chain(source: Any) -> Iterator[Any]:
    while source is not None:
        yield source
        source = getattr(source, "base", None)


def is_met(compile: Compile, source: Any) -> bool:
    """Whether what is at ``source`` was said to count."""
    places = compile.notes.get(_PLACES)
    return places is not None and any(place in places for place in _chain(source))


def are_fixed() -> bool:
    """Whether this compile has begun anew with the numbers as constants."""
    context = CompileContext.try_get()
    attempt = None if context is None else _attempts.get(context)
    return attempt is not None and attempt.constants


def is_fixed(compile: Compile, source: Any) -> bool:
    """Whether the number at ``source`` must be a constant."""
    return are_fixed() and is_met(compile, source)


def note_symbol(compile: Compile, source: Any) -> None:
    """Say that the number at ``source`` became a symbol."""
    if is_met(compile, source):
        compile.notes[_SYMBOLS] = True


def _holds_symbols(compile: Compile | None) -> bool:
    """Whether a number of a user's value is a symbol in this compile."""
    return compile is not None and _SYMBOLS in compile.notes


def holds_symbols_now() -> bool:
    """Whether a number is a symbol, where torch has constants, in the compile under way."""
    try:
        tx: Any = InstructionTranslator.current_tx()
    except AttributeError:
        return False  # nothing is being traced
    return _holds_symbols(session.compile_of(tx))


def _begin_anew(tx: Any, broke_at: int | None = None) -> None:
    """Start the compile again if that may help."""
    context = CompileContext.try_get()
    if context is None:
        return
    attempt = _attempts.get(context)
    if attempt is None or not attempt.constants:
        if not _holds_symbols(session.compile_of(tx)):
            return
        if attempt is not None and broke_at == attempt.broke_at:
            return
        _attempts[context] = _Attempt(constants=True, broke_at=broke_at, in_vain=bool(attempt))
    elif broke_at is None or attempt.in_vain or broke_at != attempt.broke_at:
        return
    else:
        _attempts[context] = _Attempt(constants=False, broke_at=broke_at, in_vain=True)
    tx.speculation_log.clear()
    raise exc.RestartAnalysis(restart_reason="vartrack tries numbers as constants, or symbols")


#: What is none of a compile's failures, but steers it.
_STEERING = (exc.RestartAnalysis, exc.SkipFrame)


def _unless_retried(fail: Callable[..., None]) -> Callable[..., None]:
    """What breaks the graph, if beginning anew will not help."""

    def fail_and_restart_analysis(self: SpeculationEntry, *args: Any) -> None:
        tx: Any = InstructionTranslator.current_tx()
        while getattr(tx, "parent", None) is not None:
            tx = tx.parent
        _begin_anew(tx, tx.instruction_pointer)
        fail(self, *args)

    return fail_and_restart_analysis


def _retried(own: Callable[[Any], None]) -> Callable[[Any], None]:
    """What traces a frame, once more if it fails."""

    def run(self: InstructionTranslator) -> None:
        try:
            own(self)
        except _STEERING:
            raise
        except Exception:
            _begin_anew(self)
            raise

    return run


def _of_numbers(own: Callable[..., None]) -> Callable[..., None]:
    """What formats a value, which up to 2.13 gives the symbol itself for its text."""

    def _format_value(self: InstructionTranslatorBase, spec: VariableTracker, flags: int) -> None:
        value = self.pop()
        compile = session.compile_of(self)
        if compile is not None and _may_be_number(value):
            number = value.realize()
            if _holds_symbols(compile):
                text = _text_of_symbol(number, spec, flags)
                if text is not None:
                    self.push(text)
                    return
                value = specialize_symnode(number)
        self.push(value)
        own(self, spec, flags)

    return _format_value


def _may_be_number(value: VariableTracker) -> bool:
    if isinstance(value, LazyVariableTracker) and not value.is_realized():
        return type(value.original_value()) in (int, float)
    return True


_CONVERSIONS = ("", "!s", "!r", "!a")


def _text_of_symbol(
    value: VariableTracker, spec: VariableTracker, flags: int
) -> VariableTracker | None:
    """The text of a symbol, made when the graph has run; None if it has to be made now."""
    if not isinstance(value, SymNodeVariable) or value.python_type() not in (int, float):
        return None
    fixed = spec.as_python_constant() if spec.is_python_constant() else "{"
    if "{" in fixed or "}" in fixed:
        return None
    return StringFormatVariable(f"{{{_CONVERSIONS[flags & 3]}:{fixed}}}", [value], {})


#: What is put in place in torch.
RETRIES = Wrappers(
    (SpeculationEntry, "fail_and_restart_analysis", _unless_retried),
    (InstructionTranslator, "run", _retried),
    (InstructionTranslatorBase, "_format_value", _of_numbers),
)
