"""Numbers read from values of users' types: symbols once they change, if torch can do with those.

torch has no answer to many uses of a symbol (its text, sorting, ``divmod``), where the number
itself would do. So a compile that breaks its graph while it holds such symbols begins anew, with
the numbers as constants, each under its guard.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo import exc
from torch._dynamo.symbolic_convert import (
    InstructionTranslator,
    InstructionTranslatorBase,
    SpeculationEntry,
)
from torch._dynamo.utils import specialize_symnode
from torch._guards import CompileContext

from vartrack import session
from vartrack.core.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.core.compile import Compile

__all__ = ["RETRIES", "is_fixed", "met", "note_symbol"]

#: The compiles that began anew with constants.
_fixed: weakref.WeakSet[CompileContext] = weakref.WeakSet()

_PLACES, _SYMBOLS = "places of users' values", "symbols of users' values"


def met(compile: Compile, source: Source | None) -> None:
    """Say that a value of a user's type is at ``source``, so that what is read from it counts."""
    if source is not None:
        compile.notes.setdefault(_PLACES, set()).add(source)


def _chain(source: Any) -> Iterator[Any]:
    while source is not None:
        yield source
        source = getattr(source, "base", None)


def _is_of_value(compile: Compile, source: Any) -> bool:
    places = compile.notes.get(_PLACES)
    return places is not None and any(place in places for place in _chain(source))


def _are_fixed() -> bool:
    """Whether this compile has begun anew with the numbers as constants."""
    context = CompileContext.try_get()
    return context is not None and context in _fixed


def is_fixed(compile: Compile, source: Any) -> bool:
    """Whether the number at ``source`` must be a constant."""
    return _are_fixed() and _is_of_value(compile, source)


def note_symbol(compile: Compile, source: Any) -> None:
    """Say that the number at ``source`` became a symbol."""
    if _is_of_value(compile, source):
        compile.notes[_SYMBOLS] = True


def _holds_symbols(compile: Compile | None) -> bool:
    """Whether a number of a user's value is a symbol in this compile."""
    return compile is not None and _SYMBOLS in compile.notes


def _begin_anew(tx: Any) -> None:
    """Start the compile again if that may help."""
    context = CompileContext.try_get()
    if context is None or context in _fixed or not _holds_symbols(session.compile_of(tx)):
        return
    _fixed.add(context)
    tx.speculation_log.clear()
    raise exc.RestartAnalysis(restart_reason="vartrack fixes the numbers of values")


#: What is none of a compile's failures, but steers it.
_STEERING = (exc.RestartAnalysis, exc.SkipFrame)


def _unless_retried(fail: Callable[..., None]) -> Callable[..., None]:
    """What breaks the graph, if beginning anew will not help."""

    def fail_and_restart_analysis(self: SpeculationEntry, *args: Any) -> None:
        tx: Any = InstructionTranslator.current_tx()
        while getattr(tx, "parent", None) is not None:
            tx = tx.parent
        _begin_anew(tx)
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

    def _format_value(self: InstructionTranslatorBase, *args: Any) -> None:
        compile = session.compile_of(self)
        if compile is not None and _PLACES in compile.notes:
            value = self.pop().realize()
            self.push(specialize_symnode(value) if _holds_symbols(compile) else value)
        own(self, *args)

    return _format_value


#: What `install` puts in place.
RETRIES = Wrappers(
    (SpeculationEntry, "fail_and_restart_analysis", _unless_retried),
    (InstructionTranslator, "run", _retried),
    (InstructionTranslatorBase, "_format_value", _of_numbers),
)
