"""What `functools.lru_cache` keeps: torch goes past it, and traces the function again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import (
    AttributeMutationNew,
    ValueMutationNew,
    VariableTracker,
)
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import WrapperUserFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch._guards import CompileContext

from vartrack.bases.tracing.evaluating.folding import is_plain, raise_in_program
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.compat.names import LAZY
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.kept_results import KeptResults
from vartrack.soundness.reading.packages import is_of_user

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["WATCHERS"]

_MADE_HERE = (AttributeMutationNew, ValueMutationNew)


@dataclass(frozen=True)
class _Operand:
    """A literal, or an object that is read from a source at every call."""

    value: Any
    source: Source | None = None


@dataclass
class _Calls:
    """The calls of one function that keeps only so many results, as a compile traces them.

    To ask it again at another call has it let go of results. So if it did while tracing, it is
    found out first which of the calls would find one, and nothing else is asked if that differs.
    """

    kept: KeptResults
    made: list[tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    #: Whether it let go of a result.
    let_go: bool = False
    #: Whether all of them are given literals, so that they can be tried.
    known: bool = True

    def holds(self, *_: Any) -> Holds | None:
        """What is asked before all else; None if nothing was let go."""
        return self._find_as_before if self.let_go and self.known else None

    def _find_as_before(self, *_: Any) -> bool:
        return CompileContext.try_get() is not None or self.kept.hits(self.made) == self.found

    def add(self, call: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note a call that is about to be made."""
        found = self.kept.has(args, kwargs)
        self.let_go |= not found and self.kept.is_full()
        self.known &= not call.read
        self.made.append((args, kwargs))
        self.found.append(found)


@dataclass(frozen=True)
class _Call:
    """A call of a function that keeps its results."""

    kept: KeptResults
    operands: tuple[_Operand, ...]
    names: tuple[str, ...]
    #: Those of the same function that keeps only so many; None if it keeps all.
    others: _Calls | None = None
    #: Which of them it is.
    number: int = 0

    @property
    def text(self) -> str:
        """The function, for messages."""
        return f"{self.kept.function.__module__}.{self.kept.function.__qualname__}"

    @property
    def read(self) -> list[_Operand]:
        """The operands that are read."""
        return [operand for operand in self.operands if operand.source is not None]

    def arguments(self, *values: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it is called with, for ``values`` of the operands that are read."""
        now = iter(values)
        args = [each.value if each.source is None else next(now) for each in self.operands]
        first = len(args) - len(self.names)
        return (*args[:first],), dict(zip(self.names, args[first:], strict=True))

    def outcome(self, *values: Any) -> tuple[Any, Exception | None]:
        """What it gives, and what it raises. It counts as a call."""
        args, kwargs = self.arguments(*values)
        try:
            return self.kept.function(*args, **kwargs), None
        except Exception as error:
            return None, error

    def first_outcome(self, *values: Any) -> tuple[Any, Exception | None]:
        """The same while tracing, which is no call of the program: it counts if there is none.

        One that is about to let go of results is called, so that it knows for which of them it was
        asked last.
        """
        if self.others is not None:
            try:
                self.others.add(self, *self.arguments(*values))
            except TypeError:  # an argument that has no hash: a call says so
                self.others.known = False
        kept = None if self.kept.is_full() else self.kept_outcome(*values)
        return self.outcome(*values) if kept is None else kept

    def kept_outcome(self, *values: Any) -> tuple[Any, None] | None:
        """What it has kept; None if nothing."""
        args, kwargs = self.arguments(*values)
        try:
            if not self.kept.has(args, kwargs):
                return None
        except Exception:  # an argument that has no hash: a call says so
            return None
        return self.kept.get(args, kwargs), None

    def holds(self, result: Any, error: type, *_: Any) -> Holds:
        """Whether it still does what it did."""
        return functools.partial(self._does, result, error)

    def _would_let_go(self, *values: Any) -> bool:
        """Whether a call would have a result let go, which was not so while tracing."""
        if self.others is None or self.others.let_go or not self.kept.is_full():
            return False
        return not self.kept.has(*self.arguments(*values))

    def _does(self, result: Any, error: type, *values: Any) -> bool:
        if self._would_let_go(*values):
            return False
        if CompileContext.try_get() is None:  # the compiled function is called, and so is this one
            answer = self.outcome(*values)
        else:
            kept = self.kept_outcome(*values)
            if kept is None:
                return True
            answer = kept
        now, raised = answer
        if type(raised) is not error:
            return False
        return now is result or (type(now) is type(result) and bool(now == result))


def _called(
    ledger: Ledger, own: Callable[..., Any], tracker: Any, tx: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """It is called, as Python would, and again at every call.

    Where it gives no literal, torch's way is taken: what is in a tensor has guards of its own.
    """
    kept = _kept_by(tracker)
    if kept is not None and not _changes(tx):
        operands = [_operand(each) for each in (*tracker.self_args(), *args, *kwargs.values())]
        known = tuple(each for each in operands if each is not None)
        if len(known) == len(operands):
            call = _Call(kept, known, tuple(kwargs), *_others(ledger, kept))
            if _reads_counts(tx):
                _refuse(call.text)
            values = [operand.value for operand in call.read]
            result, error = call.first_outcome(*values)
            if error is not None or is_plain(result):
                sources = [operand.source for operand in call.read if operand.source is not None]
                text = f"what {call.text} keeps for {[*map(_shown, known)]}"
                key = text, call.number
                make = functools.partial(call.holds, result, type(error))
                ledger.sourced.rely("bodies", key, text, sources, make, call.kept_outcome)
                if error is not None:
                    raise_in_program(tx, error)
                return ConstantVariable.create(result)
    traced: VariableTracker = own(tracker, tx, args, kwargs)
    return traced


def _others(ledger: Ledger, kept: KeptResults) -> tuple[_Calls | None, int]:
    """The calls of a function that keeps only so many results, and how many were traced before."""
    if not kept.limited:
        return None, 0
    calls = ledger.limited.get(id(kept.function))
    if calls is None:
        calls = ledger.limited[id(kept.function)] = _Calls(kept)
        text = f"for what {kept.function.__qualname__} keeps results"
        ledger.sourced.rely("bodies", (text, id(kept.function)), text, [], calls.holds, kept.keys)
    return calls, len(calls.made)


def _reads_counts(tx: Any) -> bool:
    """Whether what is traced asks how often such functions were called."""
    at = tx
    while at is not None:
        if "cache_info" in at.f_code.co_names:
            return True
        at = getattr(at, "parent", None)
    return False


def _refuse(function: str) -> None:
    """torch leaves a function that asks to Python, for which the call must not count twice."""
    unimplemented(
        gb_type="vartrack: a cache whose counts are read",
        context=function,
        explanation=f"{function} keeps results, and how often it was called is asked for. It "
        "would be called while tracing.",
        hints=["Read `cache_info()` outside of the compiled function."],
    )


def _kept_by(tracker: Any) -> KeptResults | None:
    """The results of a function of the user's; None if it keeps none."""
    function = tracker.wrapper_obj
    if not isinstance(function, functools._lru_cache_wrapper):
        return None
    if not (is_of_user(function.__wrapped__) and hasattr(function, "cache_parameters")):
        return None
    kept = KeptResults(function)
    return kept if kept.keeps else None


def _changes(tx: Any) -> bool:
    """Whether the traced function has changed something, which is not done yet."""
    effects = tx.output.side_effects
    return any(
        effects.is_modified(one)
        for one in effects.id_to_variable.values()
        if not isinstance(one.mutation_type, _MADE_HERE)
    )


def _operand(tracker: Any) -> _Operand | None:
    """What ``tracker`` stands for; None if it is neither a literal nor an object from outside."""
    if type(tracker) in LAZY:
        if not tracker.is_realized() and isinstance(tracker.original_value(), torch.Tensor):
            return None  # which may be no input of the graph
        tracker = tracker.realize()
    if type(tracker) is ConstantVariable and is_plain(tracker.value):
        return _Operand(tracker.value)
    known = isinstance(tracker, KnownVariable)
    if (known or isinstance(tracker, UserDefinedObjectVariable)) and name_of(tracker.source):
        return _Operand(tracker.example if known else tracker.value, tracker.source)
    if known and tracker.content is None and not (tracker.refused or tracker.changeable):
        return _Operand(tracker.example)  # made here of what is known
    return None


def _shown(operand: _Operand) -> str:
    return repr(operand.value) if operand.source is None else str(operand.source.name)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(WrapperUserFunctionVariable, "call_function", "bodies", instead=_called),
)
