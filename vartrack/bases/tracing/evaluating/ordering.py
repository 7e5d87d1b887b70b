"""`max`, `min` and sorting of objects and of tuples: how they compare is traced, one by one."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import evaluate
from vartrack.bases.tracing.evaluating.ordered import Ordered, holds
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["EXTREMES", "extreme", "picked", "sort_objects"]

#: By what the next item must be to the best so far to take its place.
_BETTER = {max: operator.gt, min: operator.lt}


def extreme(tx: Any, function: Any, args: Sequence[VariableTracker], kwargs: dict[str, Any]) -> Any:
    """What `max` or `min` gives of objects, the very one; None if torch is to be asked.

    Args:
        tx: the tracer.
        function: which of the two.
        args: the items, or what has them.
        kwargs: perhaps a key, or what to give if there is none.
    """
    if kwargs.keys() - {"key", "default"} or not args:
        return None
    items = _items(tx, args[0]) if len(args) == 1 else [arg.realize() for arg in args]
    if items == [] and "default" in kwargs and len(args) == 1:
        return kwargs["default"]
    if not items or not _are_objects(items):
        return None
    return picked(tx, function, items, kwargs.get("key"))


def picked(
    tx: Any, function: Any, items: Sequence[VariableTracker], key: VariableTracker | None
) -> VariableTracker:
    """The very item that `max` or `min` gives, which compares as Python does.

    Args:
        tx: the tracer.
        function: which of the two.
        items: of what, one or more.
        key: perhaps what is called with each.
    """
    by = _itself if key is None or key.is_constant_none() else _called(tx, key)
    best, its = items[0], by(items[0])
    for item in items[1:]:
        one = by(item)
        if _is_better(tx, _BETTER[function], one, its):
            best, its = item, one
    return best


def _is_better(tx: Any, compare: Any, one: VariableTracker, its: VariableTracker) -> bool:
    if all(
        issubclass(each.python_type(), tuple) and each.is_python_constant() for each in (one, its)
    ):
        values = one.as_python_constant(), its.as_python_constant()
        return bool(evaluate(tx, compare.__name__, lambda: compare(*values)))
    return holds(tx, compare, one, its)


def sort_objects(sequence: Any, tx: Any, args: Any, kwargs: dict[str, Any]) -> bool:
    """Sort a list of objects in place, as torch sorts constants alone; False for others."""
    if args or kwargs.keys() - {"reverse"} or not sequence.is_mutable():
        return False
    items = [item.realize() for item in sequence.items]
    if not _are_objects(items) or all(item.is_python_constant() for item in items):
        return False
    reverse = kwargs.get("reverse")
    if reverse is not None and not reverse.is_python_constant():
        return False
    down = reverse is not None and bool(reverse.as_python_constant())
    items.sort(key=Ordered, reverse=down)
    tx.output.side_effects.mutation(sequence)
    sequence.items[:] = items
    return True


def _items(tx: Any, whole: VariableTracker) -> list[VariableTracker] | None:
    whole = whole.realize()
    if not isinstance(whole, BaseListVariable):
        return None
    return [item.realize() for item in whole.unpack_var_sequence(tx)]


def _are_objects(items: Sequence[VariableTracker]) -> bool:
    """Whether torch would compare none of them, or take a tuple for any that is equal to it."""
    return all(isinstance(item, (UserDefinedObjectVariable, BaseListVariable)) for item in items)


def _itself(item: VariableTracker) -> VariableTracker:
    return item


def _called(tx: Any, key: VariableTracker) -> Callable[[VariableTracker], VariableTracker]:
    return lambda item: key.call_function(tx, [item], {})


def _finding(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call(self: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
        found = extreme(tx, self.fn, args, kwargs)
        return own(self, tx, *args, **kwargs) if found is None else found

    return call


#: What is put in place in torch.
EXTREMES = Wrappers(
    *((BuiltinVariable, name, _finding) for name in ("call_max", "call_min")),
)
