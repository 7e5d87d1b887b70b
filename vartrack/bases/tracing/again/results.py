"""Results that code in C works out: worked out again at each call, and guarded where they are.

The answer of ``day < other`` is guarded then, and not both days; the number of ``other - day`` may
become a symbol. It costs a call no more than Python's own evaluation of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker

from vartrack import session
from vartrack.bases.tracing.again.evaluations import (
    GIVEN,
    Bound,
    Choice,
    Evaluation,
    index_of,
    text_of,
)
from vartrack.bases.tracing.again.given import is_given, stands, types_of, with_constants
from vartrack.bases.tracing.again.places import AgainSource, can_be_named, place_of
from vartrack.bases.tracing.again.trials import MOST_CALLS, MOST_COMPARING, NOTHING, tried
from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.contents.stored_attributes import hides_more
from vartrack.bases.tracing.evaluating.folding import guarded_literal
from vartrack.bases.tracing.known.changed_values import may_have_changed
from vartrack.core.guarding.exporting import is_stored

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.evaluated_variable import EvaluatedVariable

__all__ = [
    "attribute_again",
    "call_again",
    "number_again",
    "number_of_again",
    "place_again",
    "result_again",
]

#: What tells values apart as well as a key, which is asked faster.
_TELLING = frozenset({"__repr__", "__str__"})
#: What is asked so of values that can change: other methods may change them.
_CHANGING_NOTHING = frozenset({"__eq__", "__ne__"})
#: torch's numbers are no larger.
_LARGEST = 2**62


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
    given = [each for each in operands if is_given(each, tx)]
    if all(map(stands, given)):
        return None  # the guards on the operands say all
    comparing = what in _CHANGING_NOTHING
    constants = with_constants(operands, given, comparing)
    if constants is None:
        return None
    evaluation = Evaluation(bound, constants, [*named], types_of(given))
    examples = [each.example for each in given]
    most = MOST_COMPARING if comparing else MOST_CALLS
    result = tried(lambda: evaluation(*examples), given, tx, most)
    chosen = index_of(result, evaluation.filled(examples))
    if chosen >= 0:
        evaluation = Choice(bound, constants, [*named], types_of(given))
        result = chosen
    elif not _has_place(tx, result):
        return None
    text = text_of(tracker.text(what), evaluation)
    if text is None:
        return None
    place = place_of(tx, text, evaluation, given)
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
        if is_given(operand, tx):
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
    if not can_be_named(place):
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
    evaluation = Evaluation(bound, (GIVEN, *operands), (), types_of([tracker]))
    text = text_of(tracker.text(getattr(ask, "__name__", "asked")), evaluation)
    if text is None:
        return None
    return _at(tx, [tracker], number, place_of(tx, text, evaluation, [tracker]))


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
    found = _asked_alone(tracker, tx, what, bound)
    if found is None:
        return None
    number, place = found
    return None if _choose([tracker], number, place) is None else int(number)


def place_again(tracker: EvaluatedVariable, tx: Any, what: str, bound: Bound) -> AgainSource | None:
    """Where compiled code finds what ``bound(value)()`` gives; None if it is worked out once.

    Args:
        tracker: the value.
        tx: the tracer.
        what: the name of the method that is asked.
        bound: tells itself from others by ``==``.
    """
    found = _asked_alone(tracker, tx, what, bound)
    if found is None or not can_be_named(found[1]):
        return None
    tracker.guard_state()
    return found[1]


def _asked_alone(
    tracker: EvaluatedVariable, tx: Any, what: str, bound: Bound
) -> tuple[Any, AgainSource] | None:
    """What ``bound(value)()`` gives, and where; None if it is not worked out at each call."""
    if not _may_vary(tracker, what) or not is_given(tracker, tx) or stands(tracker):
        return None
    evaluation = Evaluation(bound, (GIVEN,), (), types_of([tracker]))
    result = tried(lambda: evaluation(tracker.example), [tracker], tx)
    text = None if result is NOTHING else text_of(tracker.text(what), evaluation)
    return None if text is None else (result, place_of(tx, text, evaluation, [tracker]))


def attribute_again(tracker: EvaluatedVariable, tx: Any, name: str) -> VariableTracker | None:
    """What a property gives, guarded instead of the value; None if it must be read once."""
    if not _may_vary(tracker, name) or not is_given(tracker, tx) or stands(tracker):
        return None
    value = tracker.example
    result = tried(lambda: getattr(value, name), [tracker], tx)
    if result is value or not _has_place(tx, result):
        return None
    content: Any = tracker.content
    return _at(tx, [tracker], result, AttrSource(content.source, name))


def _may_vary(tracker: EvaluatedVariable, what: str) -> bool:
    """Whether the same can be asked of another value without harm."""
    if what in _TELLING or what in tracker.impure:
        return False
    of_identity = what == "__hash__" and is_by_identity(type(tracker.example), what)
    if tracker.changeable and what not in _CHANGING_NOTHING and not of_identity:
        return False
    return tracker.may_ask_again(what)


def _has_place(tx: Any, result: Any) -> bool:
    """Whether the result may be read where it is worked out anew each time."""
    if result is NOTHING:
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
    if not can_be_named(place):
        return None
    for each in values:
        each.guard_state()
    if result is None or result is NotImplemented or _is_large(result):
        return guarded_literal(result, place)
    return VariableTracker.build(tx, result, place)


def _is_large(result: Any) -> bool:
    return type(result) is int and abs(result) > _LARGEST
