"""Evaluating while tracing: results and exceptions as trackers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from torch._dynamo import exc
from torch._dynamo.exc import raise_observed_exception
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListIteratorVariable

from vartrack.bases.tracing.evaluating.attempts import allow_tracing
from vartrack.core.diagnostics import PASSED_ON
from vartrack.core.texts.articles import with_article

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = [
    "CHANGEABLE",
    "LONGEST_ITERATOR",
    "evaluate",
    "guarded_literal",
    "is_plain",
    "items_of",
    "raise_again",
    "raise_in_program",
    "refuse",
    "refuse_evaluating",
    "result_tracker",
    "texts_of",
]

#: How many items an iterator made while tracing may have.
LONGEST_ITERATOR = 10_000

#: What the traced code could change in place.
CHANGEABLE = (list, dict, set, bytearray)

#: The package of which scalars and arrays have a ready-made set, called like it.
_NUMPY = "numpy"


def texts_of(result: Any) -> Iterator[str]:
    """The texts that ``result`` is or holds."""
    if isinstance(result, str):
        yield result
    elif type(result) is dict:
        yield from texts_of((*result, *result.values()))
    elif type(result) in (tuple, list, set, frozenset):
        for item in result:
            yield from texts_of(item)


def evaluate(tx: Any, what: str, function: Callable[[], Any]) -> Any:
    """Run ``function`` now. An exception of it is raised in the traced program.

    Args:
        tx: the tracer.
        what: what is evaluated, for messages.
        function: takes nothing and returns the result.
    """
    try:
        return function()
    except PASSED_ON:
        raise
    except Exception as error:
        raise_in_program(tx, error)


def raise_in_program(tx: Any, error: Exception) -> NoReturn:
    """Raise ``error`` in the traced program. Its arguments may be values or trackers."""
    args = [_argument(tx, arg) for arg in error.args]
    raise_: Callable[..., NoReturn] = raise_observed_exception
    raise_(type(error), tx, args=args)


def raise_again(tx: Any, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Raise in the program what ``function`` raises, if all that it takes is constant."""
    if all(arg.is_python_constant() for arg in (*args, *kwargs.values())):
        try:
            function(
                *(arg.as_python_constant() for arg in args),
                **{name: arg.as_python_constant() for name, arg in kwargs.items()},
            )
        except Exception as error:
            raise_in_program(tx, error)


def _argument(tx: Any, arg: Any) -> VariableTracker:
    if isinstance(arg, VariableTracker):
        return arg
    return VariableTracker.build(tx, arg if ConstantVariable.is_literal(arg) else str(arg))


def result_tracker(
    tx: Any,
    what: str,
    result: Any,
    again: Callable[[], Any],
    place: Source | None = None,
) -> VariableTracker:
    """The tracker of what an evaluation gave.

    Args:
        tx: the tracer.
        what: what was evaluated, for messages.
        result: what it gave.
        again: evaluates it once more, to tell a new object from one that is kept somewhere.
        place: where the result can be found at run time, if it is kept.
    """
    if is_plain(result):
        return VariableTracker.build(tx, result)
    if place is not None and evaluate(tx, what, again) is result:
        # it has its own guards there, may be a graph input, and stays the same object
        return VariableTracker.build(tx, result, place)
    if _changeable(result) and _kept(result, evaluate(tx, what, again)):
        refuse(what, f"gives {with_article(type(result))} that is kept elsewhere and may change")
    if isinstance(result, Iterator):
        return ListIteratorVariable(items_of(tx, what, result), mutation_type=ValueMutationNew())
    try:
        return VariableTracker.build(tx, result)
    except exc.Unsupported as error:
        _no_form(what, result, error)


def guarded_literal(value: Any, place: Source) -> VariableTracker:
    """A number, a text or None that is read at ``place``, and guarded to be the same there."""
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return ConstantVariable.create(value, source=place)


def is_plain(result: Any) -> bool:
    """Whether ``result`` is a number, a string or another literal that cannot change."""
    return ConstantVariable.is_literal(result) and not isinstance(result, CHANGEABLE)


def _changeable(result: Any) -> bool:
    if isinstance(result, (tuple, frozenset)):
        return any(map(_changeable, result))
    return isinstance(result, (*CHANGEABLE, Iterator))


def _kept(one: Any, other: Any) -> bool:
    """Whether two results of the same evaluation share something that can change."""
    if one is other:
        return _changeable(one)
    if isinstance(one, dict) and isinstance(other, dict):
        one, other = list(one.values()), list(other.values())
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return any(map(_kept, one, other))
    return False


def items_of(tx: Any, what: str, items: Any) -> list[VariableTracker]:
    """Trackers of the items of an iterator, which are worked out now."""
    longest = itertools.islice(items, LONGEST_ITERATOR + 1)
    found = list(evaluate(tx, what, lambda: list(longest)))
    if len(found) > LONGEST_ITERATOR:
        refuse(
            what,
            f"gives more than {LONGEST_ITERATOR} items, too many to be worked out while tracing",
        )
    try:
        return [VariableTracker.build(tx, item) for item in found]
    except exc.Unsupported as error:
        _no_form(what, found, error)


def _no_form(what: str, result: Any, error: exc.Unsupported) -> NoReturn:
    cls = type(result)
    name = f"{cls.__module__}.{cls.__qualname__}".removeprefix("builtins.")
    lacking = type(_first_object(result))
    reason = next((line for line in error.msg.splitlines() if "Explanation: " in line), error.msg)
    error.remove_from_stats()
    refuse_evaluating(
        what,
        f"gives {with_article(name)}, which has no form while tracing: "
        f"{reason.partition('Explanation: ')[2] or reason.strip()}".rstrip("."),
        f"Use the ready-made visitors: `vartrack.install(extras=[{_NUMPY!r}])`."
        if lacking.__module__.partition(".")[0] == _NUMPY
        else f"Register a visitor that takes {lacking.__qualname__}, such as a ConstantVisitor "
        f"with `types = ({lacking.__qualname__},)`; see 'Teach torch.compile your type' in the "
        "docs.",
        "Or take what you need of it as numbers, strings or tuples.",
        "Or do it outside the compiled function and pass the result in.",
    )


def _first_object(result: Any) -> Any:
    """What is no literal in ``result``, which may be a list or the like; itself if that is all."""
    if isinstance(result, dict):
        result = (*result, *result.values())
    if isinstance(result, (tuple, list, set, frozenset)):
        for item in result:
            found = _first_object(item)
            if not is_plain(found):
                return found
    return result


def refuse_evaluating(what: str, why: str, *hints: str) -> NoReturn:
    """Break the graph because ``what`` cannot be evaluated, unless it can be traced."""
    try:
        refuse(what, why, *hints)
    except exc.Unsupported as error:
        allow_tracing(error)
        raise


def refuse(what: str, why: str, *hints: str) -> NoReturn:
    """Break the graph because ``what`` cannot be evaluated while tracing."""
    break_graph: Callable[..., NoReturn] = exc.unimplemented
    break_graph(
        gb_type="vartrack: cannot evaluate while tracing",
        context=what,
        explanation=f"{what} {why}.",
        hints=list(hints) or ["Do it outside the compiled function and pass the result in."],
    )
