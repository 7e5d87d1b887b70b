"""Results that code in C works out: worked out again at each call, and guarded where they are.

The answer of ``day < other`` is guarded then, and not both days; the number of ``other - day`` may
become a symbol. It costs a call no more than Python's own evaluation of it.
"""

from __future__ import annotations

import functools
import time
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_binary_subscr
from torch._dynamo.source import AttrSource, is_constant_source
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker

from vartrack import session
from vartrack.bases.content import content_key
from vartrack.bases.tracing.contents.stored_attributes import hides_more
from vartrack.bases.tracing.evaluating.callbacks import seeing
from vartrack.bases.tracing.evaluating.folding import guarded_literal, is_plain
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.known.changed_values import may_have_changed
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.core.diagnostics import PASSED_ON
from vartrack.core.exporting import is_exporting, is_stored
from vartrack.core.held import Held
from vartrack.core.keys import same
from vartrack.core.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Source

    from vartrack.bases.tracing.folded.evaluated_variable import EvaluatedVariable

__all__ = [
    "AgainSource",
    "attribute_again",
    "call_again",
    "number_again",
    "number_of_again",
    "result_again",
]

#: How many nanoseconds it may take: what takes longer is worked out once, under the keys.
_LONGEST = 30_000
#: How often more it is timed if it took longer: other programs run as well.
_TRIES = 3
#: How long the name of a place may be: that of ``t + t`` is twice that of ``t``.
_LONGEST_NAME = 1200
#: What tells values apart as well as a key, which is asked faster.
_TELLING = frozenset({"__repr__", "__str__"})
#: What is asked so of values that can change: other methods may change them.
_CHANGING_NOTHING = frozenset({"__eq__", "__ne__"})
#: torch's numbers are no larger.
_LARGEST = 2**62

Bound = Callable[[Any], Callable[..., Any]]


class Evaluation:
    """What is worked out of values of certain types, and of constants.

    Args:
        bound: from the first operand to what is called with the others.
        operands: the constants, `_GIVEN` where a value is given at each call.
        names: the names of the last of them.
        types: those of the values that are given.
    """

    def __init__(
        self, bound: Bound, operands: Sequence[Any], names: Sequence[str], types: Sequence[type]
    ) -> None:
        self.bound = bound
        self.operands = operands
        self.names = names
        self.types = types
        #: What else there is if nothing but the first is given: most are so, at every call.
        self.constants: Sequence[Any] | None = None
        if operands[0] is _GIVEN and not names and all(each is not _GIVEN for each in operands[1:]):
            self.constants = operands[1:]

    def __call__(self, *values: Any) -> Any:
        if [*map(type, values)] != self.types:
            raise TypeError("values of other types")
        if self.constants is not None:
            return self.bound(values[0])(*self.constants)
        return self.worked_out(self.filled(values))

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """The operands, with the values that are given now."""
        given = iter(values)
        return [next(given) if each is _GIVEN else each for each in self.operands]

    def worked_out(self, operands: Sequence[Any]) -> Any:
        """What all operands together give."""
        first, *rest = operands
        count = len(rest) - len(self.names)
        named = dict(zip(self.names, rest[count:], strict=True))
        return self.bound(first)(*rest[:count], **named)


class Choice(Evaluation):
    """Which of its operands an evaluation gives, by its number; -1 if none."""

    def __call__(self, *values: Any) -> int:
        if [*map(type, values)] != self.types:
            raise TypeError("values of other types")
        operands = self.filled(values)
        return _index_of(self.worked_out(operands), operands)


def _index_of(result: Any, operands: Sequence[Any]) -> int:
    if is_plain(result):
        return -1  # a number that is an operand by chance
    return next((i for i, operand in enumerate(operands) if operand is result), -1)


#: Stands for an operand that is given at each call.
_GIVEN: Any = object()
#: Stands for a result that is not to be worked out again.
_NOTHING: Any = object()

#: Each by a text that says what it is.
EVALUATIONS: dict[str, Evaluation] = {}
#: The texts, by all that tells one evaluation from another.
_texts: dict[Any, str] = {}


@dataclass(frozen=True)
class AgainSource(OwnSource):
    """What is worked out of the values at some places, at each call.

    Attributes:
        table: where `EVALUATIONS` is.
        text: which of them.
        rest: where the other values are, besides the first.
    """

    table: Source
    text: str
    rest: tuple[Source, ...] = ()

    @property
    def _name_template(self) -> str:
        rest = "".join(f", {source.name}" for source in self.rest)
        asked = f"{self.table.name}[{self.text!r}]({{0}}{rest})"
        before, after = asked.replace("{", "{{").replace("}", "}}").split("({{0}}")
        return f"{before}({{0}}{after}"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that works it out."""

        def load() -> None:
            codegen.load_import_from(__name__, "EVALUATIONS")
            codegen.append_output(codegen.create_load_const(self.text))
            codegen.append_output(create_binary_subscr())

        codegen.add_push_null(load)
        for source in (self.base, *self.rest):
            codegen(source)
        codegen.call_function(1 + len(self.rest), False)

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that works it out."""
        if self.rest:
            return self.found_by_name(builder, **options)
        base = builder.get_guard_manager_from_source(self.base)
        return base.lambda_manager(python_lambda=EVALUATIONS[self.text], **options)


def result_again(
    tracker: EvaluatedVariable,
    tx: Any,
    what: str,
    bound: Bound,
    args: Sequence[VariableTracker] = (),
    kwargs: Mapping[str, VariableTracker] | None = None,
) -> VariableTracker | None:
    """The result of ``bound(value)(*args, **kwargs)``, guarded instead of the operands.

    Args:
        tracker: the value.
        tx: the tracer.
        what: the name of the method that answers.
        bound: from the value to what is called.
        args: the operands.
        kwargs: the named ones.

    Returns:
        None if it must be worked out once, under guards on all operands.
    """
    named = kwargs or {}
    if not _may_vary(tracker, what):
        return None
    operands = [tracker, *(each.realize() for each in (*args, *named.values()))]
    if any(may_have_changed(each, tx) for each in operands):
        return None
    given = [each for each in operands if _is_given(each, tx)]
    if all(map(_stands, given)):
        return None  # the guards on the operands say all
    constants = _constants(operands, given)
    if constants is None:
        return None
    evaluation = Evaluation(bound, constants, [*named], _types(given))
    examples = [each.example for each in given]
    result = _tried(lambda: evaluation(*examples), given)
    chosen = _index_of(result, evaluation.filled(examples))
    if chosen >= 0:
        evaluation = Choice(bound, constants, [*named], _types(given))
        result = chosen
    elif not _has_place(tx, result):
        return None
    text = _text(tracker.text(what), evaluation)
    if text is None:
        return None
    place = _place(tx, text, evaluation, given)
    if chosen < 0:
        return _at(tx, given, result, place)
    return None if _choose(given, chosen, place) is None else operands[chosen]


def call_again(
    tx: Any,
    function: Callable[..., Any],
    args: Sequence[VariableTracker],
    kwargs: Mapping[str, VariableTracker],
) -> VariableTracker | None:
    """The result of a function in C, guarded instead of its operands.

    Args:
        tx: the tracer.
        function: which is the same object each time.
        args: the operands.
        kwargs: the named ones.

    Returns:
        None if it must be worked out otherwise.
    """
    operands = [arg.realize() for arg in args]
    for index, operand in enumerate(operands):
        if _is_given(operand, tx):
            rest = operands[:index] + operands[index + 1 :]
            bound = functools.partial(_bound, function, index)
            what = getattr(function, "__name__", "call")
            value: Any = operand
            return result_again(value, tx, what, bound, rest, kwargs)
    return None


def _bound(function: Callable[..., Any], index: int, value: Any) -> Callable[..., Any]:
    """``function`` with ``value`` as one of its operands."""
    return functools.partial(_inserted, function, index, value)


def _inserted(
    function: Callable[..., Any], index: int, value: Any, *rest: Any, **named: Any
) -> Any:
    return function(*rest[:index], value, *rest[index:], **named)


def _choose(given: Sequence[Any], chosen: int, place: AgainSource) -> VariableTracker | None:
    """Guard that it is the same operand each time; None if the name of the place is too long."""
    if len(place.name) > _LONGEST_NAME:
        return None
    for each in given:
        each.guard_state()
    return guarded_literal(chosen, place)


def number_again(
    tracker: Any, tx: Any, ask: Callable[..., Any], operands: Sequence[Any], number: Any
) -> VariableTracker | None:
    """The tracker of the number that ``ask(value, *operands)`` gives each time it is asked.

    Args:
        tracker: the value.
        tx: the tracer.
        ask: a function of a module.
        operands: literals.
        number: what it gave.

    Returns:
        None if it is no number that may vary.
    """
    if type(number) not in (int, float) or not _has_place(tx, number):
        return None
    if isinstance(tracker.example, dict) or is_stored(tx):
        return None  # the guards of a dict take none of this kind
    bound = functools.partial(functools.partial, ask)
    evaluation = Evaluation(bound, (_GIVEN, *operands), (), _types([tracker]))
    text = _text(tracker.text(getattr(ask, "__name__", "asked")), evaluation)
    if text is None:
        return None
    return _at(tx, [tracker], number, _place(tx, text, evaluation, [tracker]))


def number_of_again(
    tracker: EvaluatedVariable, tx: Any, what: str, bound: Callable[[Any], Callable[[], int]]
) -> int | None:
    """The number that ``bound(value)()`` gives, guarded to be that; None if it cannot be.

    Args:
        tracker: the value.
        tx: the tracer.
        what: the name of the method that is asked.
        bound: tells itself from others by ``==``.
    """
    if not _may_vary(tracker, what) or not _is_given(tracker, tx) or _stands(tracker):
        return None
    evaluation = Evaluation(bound, (_GIVEN,), (), _types([tracker]))
    number = _tried(lambda: evaluation(tracker.example), [tracker])
    text = None if number is _NOTHING else _text(tracker.text(what), evaluation)
    if text is None:
        return None
    placed = _choose([tracker], number, _place(tx, text, evaluation, [tracker]))
    return None if placed is None else int(number)


def attribute_again(tracker: EvaluatedVariable, tx: Any, name: str) -> VariableTracker | None:
    """What a property gives, guarded instead of the value; None if it must be read once."""
    if not _may_vary(tracker, name) or not _is_given(tracker, tx) or _stands(tracker):
        return None
    value = tracker.example
    result = _tried(lambda: getattr(value, name), [tracker])
    if result is value or not _has_place(tx, result):
        return None
    content: Any = tracker.content
    return _at(tx, [tracker], result, AttrSource(content.source, name))


def _may_vary(tracker: EvaluatedVariable, what: str) -> bool:
    """Whether the same can be asked of another value without harm."""
    if what in _TELLING or what in tracker.impure:
        return False
    if tracker.changeable and what not in _CHANGING_NOTHING:
        return False
    return tracker.may_ask_again(what)


def _is_given(tracker: Any, tx: Any) -> bool:
    """Whether it is a value from outside that is known by its content."""
    if not isinstance(tracker, KnownVariable) or tracker.content is None:
        return False
    if tracker.refused or isinstance(tracker.example, (dict, set)):
        return False
    if (tracker.changeable and not tracker.is_whole) or may_have_changed(tracker, tx):
        return False
    return not (is_constant_source(tracker.content.source) or is_exporting(tx) or is_stored(tx))


def _stands(tracker: Any) -> bool:
    return bool(tracker.content.stands)


def _constants(operands: Sequence[Any], given: Sequence[Any]) -> list[Any] | None:
    """The operands that do not vary; None if one is not known, or may be changed."""
    constants: list[Any] = []
    with asking(Intent.OPERAND):
        for each in operands:
            if any(each is one for one in given):
                constants.append(_GIVEN)
                continue
            if isinstance(each, KnownVariable) and (each.content is not None or each.changeable):
                return None
            try:
                value = specialize_symnode(each).as_python_constant()
            except NotImplementedError:
                return None
            if not isinstance(each, KnownVariable) and not _is_fixed(value):
                return None
            constants.append(value)
    return constants


def _is_fixed(value: Any) -> bool:
    if type(value) is slice:
        return all(map(is_plain, (value.start, value.stop, value.step)))
    return is_plain(value)


def _types(given: Sequence[Any]) -> list[type]:
    return [type(each.example) for each in given]


def _place(tx: Any, text: str, evaluation: Evaluation, values: Sequence[Any]) -> AgainSource:
    """Where the result of ``evaluation`` is."""
    EVALUATIONS.setdefault(text, evaluation)
    first, *rest = (each.content.source for each in values)
    table = AttrSource(tx.import_source(__name__), "EVALUATIONS")
    return AgainSource(first, table, text, tuple(rest))


def _text(what: str, evaluation: Evaluation) -> str | None:
    """A text that stands for the evaluation in this process; None if nothing tells it by."""
    try:
        key = (
            (type(evaluation), what),
            *_told_by(evaluation.bound),
            *((each is _GIVEN) or content_key(each) for each in evaluation.operands),
            *(*evaluation.names, *evaluation.types),
        )
        known = _texts.get(key)
    except Exception:
        return None
    if known is None:
        first, *rest = ("_" if each is _GIVEN else repr(each) for each in evaluation.operands)
        shown = ", ".join(rest if first == "_" else (first, *rest))
        known = _texts[key] = f"{len(_texts)}: {what}({shown[:40]})"
    return known


def _told_by(function: Any) -> tuple[Any, ...]:
    """What tells a function of this package from others: its code, and what it closes over."""
    if isinstance(function, functools.partial):
        return (*_told_by(function.func), *function.args, *function.keywords.items())
    if type(function) is not types.FunctionType:
        return (function,)
    cells = (cell.cell_contents for cell in function.__closure__ or ())
    return (function.__code__, *(part for held in cells for part in _told_by(held)))


def _tried(evaluate: Callable[[], Any], trackers: Sequence[Any]) -> Any:
    """What is worked out; `_NOTHING` if it takes long, differs, or runs code of the user's."""
    values = [each.example for each in trackers]
    held = [Held(value) for value in values]
    try:
        with seeing(*values) as found:
            first = evaluate()
        if found.ran:
            return _NOTHING
        second, taken = _timed(evaluate)
        for _ in range(_TRIES):
            if taken > _LONGEST:  # that may have been something else
                second, taken = _timed(evaluate)
        is_steady = taken <= _LONGEST and _alike(first, second)
    except PASSED_ON:
        raise
    except Exception:
        return _NOTHING  # that it fails depends on the operands
    finally:
        changed = [each.put_back() for each in held]
    if not is_steady or any(changed):
        return _NOTHING
    shown = type(first) is str and any(each.shows_address(each.example, first) for each in trackers)
    return _NOTHING if shown else first  # where an object is differs from call to call


def _timed(evaluate: Callable[[], Any]) -> tuple[Any, int]:
    start = time.perf_counter_ns()
    result = evaluate()
    return result, time.perf_counter_ns() - start


def _alike(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other):
        return one is other
    return same(one, other) if is_plain(one) else same(content_key(one), content_key(other))


def _has_place(tx: Any, result: Any) -> bool:
    """Whether the result may be read where it is worked out anew each time."""
    if result is _NOTHING:
        return False
    if result is NotImplemented or result is None:
        return True
    if type(result) in (bool, str, bytes, int, float):
        return not hides_more(result)
    if _is_tuple(type(result)):
        return all(_has_place(tx, each) and not _is_large(each) for each in result)
    compile = session.compile_of(tx)
    if compile is None:
        return False
    visitor: Any = compile.sourced[type(result)].pick(result)
    folded = getattr(visitor, "folded_class", None)
    if folded is None or folded.changeable or isinstance(result, (dict, set)):
        return False
    return not visitor.tracked  # one whose attributes are set has to be the same object


def _is_tuple(cls: type) -> bool:
    """Whether it is a tuple that torch reads item by item."""
    return cls is tuple or (cls.__bases__ == (tuple,) and hasattr(cls, "_fields"))


def _at(tx: Any, values: Sequence[Any], result: Any, place: Any) -> VariableTracker | None:
    """The tracker of the result at a place that is not too long to be named."""
    if len(place.name) > _LONGEST_NAME:
        return None
    for each in values:
        each.guard_state()
    if result is None or result is NotImplemented or _is_large(result):
        return guarded_literal(result, place)
    return VariableTracker.build(tx, result, place)


def _is_large(result: Any) -> bool:
    return type(result) is int and abs(result) > _LARGEST
