"""`Asked`: what a program asked of a value, and the guard that the answers are the same."""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

from torch._C._dynamo.guards import DictGuardManager
from torch._dynamo.guards import get_verbose_code_parts
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._guards import TracingContext

from vartrack.compat.shared import stack_of
from vartrack.core.guarding.keys import check_at_every_call
from vartrack.core.sources.fixed import is_fixed
from vartrack.shapes import frame_history

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard, Source

    from vartrack.core.protocol import Tracer

__all__ = ["ANSWERS_MATCH", "Answers", "Asked", "Question"]

#: How many values that gave the same answers are remembered, so that they need not be asked again.
_REMEMBERED = 64
#: Types whose values are found in a dict by C code alone, and are the same if they are equal.
_QUICK = frozenset({str, bytes})
_LITERALS = frozenset({str, bytes, int, float, bool, complex, type(None)})
#: How often an answer may change before the value itself is guarded.
_CHANGES = 2
_HISTORY = "vartrack thrift"


class Question:
    """Something that can be asked of a value, whose answer is a constant.

    Args:
        what: the question as Python text, with ``_`` for the value.
        ask: from the value to the answer. It runs C code only, and changes nothing.
        operands: what the value is held against. Two with the same text and operands are one.
    """

    __slots__ = ("ask", "key", "operands")

    def __init__(self, what: str, ask: Callable[[Any], Any], *operands: Any) -> None:
        self.ask = ask
        self.operands = operands  # alive, so that no other has their identity
        self.key = (what, *map(_identity, operands))


def _identity(operand: Any) -> Any:
    """What tells ``operand`` from another whose text may be the same."""
    if type(operand) is tuple:
        return tuple(map(_identity, operand))
    return type(operand), repr(operand) if type(operand) in _LITERALS else id(operand)


class Answers:
    """Asks whether a value gives the answers that another gave when the graph was made.

    Args:
        value: the value of then.
    """

    __slots__ = ("asks", "cls", "expected", "known")

    def __init__(self, value: Any) -> None:
        self.cls = type(value)
        self.expected: dict[Hashable, tuple[Question, Any]] = {}
        self.asks: tuple[tuple[Callable[[Any], Any], Any], ...] = ()
        self.known: set[Any] | None = set() if self.cls in _QUICK else None

    def add(self, question: Question, answer: Any) -> None:
        """Have one more question asked."""
        self.expected[question.key] = question, answer
        self.asks = tuple((question.ask, answer) for question, answer in self.expected.values())
        if self.known:
            self.known.clear()

    def __call__(self, value: Any) -> bool:
        """Whether all answers are the same; False also if asking raises."""
        if type(value) is not self.cls:
            return False
        known = self.known
        if known is not None and value in known:
            return True
        try:
            for ask, answer in self.asks:
                if ask(value) != answer:
                    return False
        except Exception:
            return False
        if known is not None and len(known) < _REMEMBERED:
            known.add(value)
        return True

    def __getstate__(self) -> Any:
        # stored with a compiled function: no more is asked there
        return self.cls, tuple((_by_name(ask), answer) for ask, answer in self.asks)

    def __setstate__(self, state: Any) -> None:
        self.cls, asks = state
        self.asks = tuple((_by_value(ask), answer) for ask, answer in asks)
        self.expected = {}
        self.known = set() if self.cls in _QUICK else None

    def code(self, name: str) -> str:
        """The questions and their answers, as Python text."""
        return " and ".join(
            f"({question.key[0].replace('_', name, 1)}) == {answer!r}"
            for question, answer in self.expected.values()
        )


class _Named(NamedTuple):
    """A function of a module, called with ``given`` before the value, if that is not None."""

    module: str
    name: str
    given: tuple[Any, ...] | None


def _by_name(ask: Any) -> Any:
    """``ask`` with functions by name: torch stores neither those in C nor what one closes over."""
    if isinstance(ask, functools.partial):
        return _by_name(ask.func)._replace(given=tuple(map(_by_name, ask.args)))
    if isinstance(ask, (types.BuiltinFunctionType, types.FunctionType)):
        return _Named(ask.__module__, ask.__name__, None)
    return ask


def _by_value(ask: Any) -> Any:
    """What `_by_name` was given."""
    if not isinstance(ask, _Named):
        return ask
    function = getattr(importlib.import_module(ask.module), ask.name)
    return (
        function if ask.given is None else functools.partial(function, *map(_by_value, ask.given))
    )


class Asked:
    """The questions that one compile put to the value at one source.

    Args:
        tx: the tracer.
        source: where the value is.
        value: the value.
    """

    __slots__ = ("_guard", "answers", "history", "number", "source", "value")

    def __init__(self, tx: Tracer, source: Source, value: Any) -> None:
        self.source = source
        self.value = value
        output: Any = tx.output
        # torch keeps it for each code, and forgets it when it is reset
        kept = output.frame_state  # none where what is compiled is stored
        self.history: dict[tuple[str, Hashable], Any] = (
            {} if kept is None else kept.setdefault(_HISTORY, {})
        )
        self.number = str(getattr(output, "compile_id", ""))
        self.answers = Answers(value)
        self._guard: Guard | None = None

    @property
    def tx(self) -> Any:
        """The tracer, asked for anew: it leads to this, and a cycle would keep the value alive."""
        return InstructionTranslator.current_tx()

    def put(self, question: Question) -> Any:
        """The answer, which is guarded from now on.

        Returns:
            None if the value itself should be guarded: the answer changes from call to call.

        Raises:
            Exception: what asking raises.
        """
        answer = question.ask(self.value)
        if self._changes(question.key, answer):
            return None
        self.answers.add(question, answer)
        if self._guard is None:
            if type(self.value) in (int, float):
                # so that it is known to change once it is built
                frame_history.record_number(self, self.value)
            check = functools.partial(ANSWERS_MATCH, answers=self.answers)
            self._guard = self.source.make_guard(check)
        context = TracingContext.try_get()
        if context is not None:
            # the same guard each time, so it is not added twice; and also where torch installs
            # none, as what covers values there does not cover answers
            context.guards_context.dynamo_guards.add(self._guard, skip=2)
        return answer

    def _changes(self, asked: Hashable, answer: Any) -> bool:
        key = (self.source.name, asked)
        last, changes, number = self.history.get(key, (answer, 0, self.number))
        if number != self.number and last != answer:
            changes += 1
        self.history[key] = answer, changes, self.number
        return bool(changes >= _CHANGES)


def ANSWERS_MATCH(builder: GuardBuilder, guard: Guard, *, answers: Answers) -> None:
    """Have compiled code put the questions to the guarded value, unless that is guarded itself."""
    code = answers.code(builder.arg_ref(guard))
    guard.set_export_info("ANSWERS_MATCH", None, [code], None)
    if is_fixed(builder, guard.originating_source):
        return
    manager = builder.get_guard_manager(guard)
    if isinstance(manager, DictGuardManager):
        return  # it checks how many keys there are, on which all answers about a dict depend
    if issubclass(answers.cls, dict):
        # what stands on a dict itself is not passed by
        told = get_verbose_code_parts(code, guard)
        manager.add_lambda_guard(answers, told, *stack_of(guard))
    else:
        check_at_every_call(manager, answers, code, guard)
