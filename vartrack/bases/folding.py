"""`Folding`: what a category says about evaluating its values while tracing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch._dynamo import exc
from torch._dynamo.exc import raise_observed_exception
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import ListIteratorVariable

__all__ = ["constants_of", "evaluate", "refuse", "result_tracker"]

#: How many items an iterator made while tracing may have.
LONGEST_ITERATOR = 10_000

#: Results that the traced code could change in place.
_CHANGEABLE = (list, dict, set, bytearray)


def constants_of(
    args: Sequence[VariableTracker], kwargs: Mapping[str, VariableTracker]
) -> tuple[list[Any], dict[str, Any]] | None:
    """The operands as Python values; None if one of them is not known while tracing."""
    try:
        return (
            [arg.as_python_constant() for arg in args],
            {name: arg.as_python_constant() for name, arg in kwargs.items()},
        )
    except NotImplementedError:
        return None


def evaluate(tx: Any, what: str, function: Callable[[], Any]) -> Any:
    """Run ``function`` now. An exception of it is raised in the traced program.

    Args:
        tx: the tracer.
        what: what is evaluated, for messages.
        function: takes nothing and returns the result.
    """
    try:
        return function()
    except Exception as error:
        raise_observed_exception(type(error), tx, args=list(map(str, error.args)))


def result_tracker(tx: Any, what: str, result: Any, again: Callable[[], Any]) -> VariableTracker:
    """The tracker of what an evaluation gave.

    Args:
        tx: the tracer.
        what: what was evaluated, for messages.
        result: what it gave.
        again: evaluates it once more, to tell a new list from one the value keeps.
    """
    if isinstance(result, Iterator):
        items = list(itertools.islice(result, LONGEST_ITERATOR + 1))
        if len(items) > LONGEST_ITERATOR:
            refuse(what, f"gives an iterator of more than {LONGEST_ITERATOR} items")
        return ListIteratorVariable([VariableTracker.build(tx, item) for item in items])
    if isinstance(result, _CHANGEABLE) and again() is result:
        refuse(what, f"gives a {type(result).__name__} that the value keeps, which may change")
    return VariableTracker.build(tx, result)


def refuse(what: str, why: str, *hints: str) -> Any:
    """Break the graph because ``what`` cannot be evaluated while tracing."""
    exc.unimplemented(
        gb_type="vartrack: cannot evaluate while tracing",
        context=what,
        explanation=f"{what} {why}.",
        hints=list(hints) or ["Do it outside the compiled function and pass the result in."],
    )
