"""``list.__getitem__(items, 0)``: special methods of containers that torch takes for others.

Up to 2.13 it has those of numbers in their place, and those that compare on every release.
"""

from __future__ import annotations

import operator
from collections import defaultdict, deque
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.lists import BaseListVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program, refuse
from vartrack.compat.containers import plain_inside
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["answer_of_container"]

#: Operators that ask the container alone, by the method and how many arguments that has.
_OF_ONE: dict[tuple[str, int], Any] = {
    ("__getitem__", 2): operator.getitem,
    ("__contains__", 2): operator.contains,
}
#: Methods that statements call in torch.
_OF_STATEMENTS = (("__setitem__", 3), ("__delitem__", 2))
#: Those that change it, and give it.
_IN_PLACE: dict[str, Any] = {"__iadd__": operator.iadd, "__imul__": operator.imul}
_COMPARING: dict[str, Any] = {
    f"__{name}__": getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")
}
_REPEATING = frozenset({"__mul__", "__rmul__", "__imul__"})
#: Those of a `defaultdict` that give another one.
_OF_ITS_CLASS = frozenset({"copy", "__copy__", "__or__", "__ror__"})
_TAKEN_FOR_OTHERS = frozenset({*_IN_PLACE, *_COMPARING, *_REPEATING, "__getitem__", "__contains__"})


def answer_of_container(
    ledger: Ledger, tx: Any, base: type, name: str, original: Any, args: Any
) -> VariableTracker | None:
    """What the method ``name`` of ``base`` gives; None where it is for torch to say.

    Args:
        ledger: the ledger of the compile.
        tx: the tracer.
        base: the class that has the method.
        name: what it is called.
        original: what it is called with first.
        args: the arguments, with what that holds in its place.
    """
    if base is dict:
        return _got(ledger, tx, original, args) if name == "__getitem__" else None
    if base is defaultdict and name in _OF_ITS_CLASS:
        _refuse(base, name, "gives one of the class of its argument, and torch would give a dict")
    if base not in (list, deque):
        return None
    held = _plain(base, args[0])
    if held is None:
        # since 2.14 its tracker holds the items, and torch knows its methods
        unknown = not issubclass(type(args[0].unwrap()), BaseListVariable)
        if base is deque and unknown and name in _TAKEN_FOR_OTHERS:
            _refuse(base, name, "is called of a subclass, of which torch does not know the items")
        return None
    given = [held, *args[1:]]
    operate = _OF_ONE.get((name, len(args)))
    if operate is not None:
        return BuiltinVariable(operate).call_function(tx, given, {})
    if (name, len(args)) in _OF_STATEMENTS:
        return held.call_method(tx, name, given[1:], {})
    return _combined(tx, base, name, original, given) if len(args) == 2 else None


def _refuse(base: type, name: str, what: str) -> None:
    refuse(f"{base.__name__}.{name}", what, "Do it outside of the compiled function.")


def _plain(base: type, tracker: Any) -> Any:
    """What the first argument holds as a list or deque; None if that is not known."""
    tracker = tracker.realize()
    return tracker if tracker.python_type() is base else plain_inside(tracker)


def _combined(tx: Any, base: type, name: str, original: Any, args: Any) -> VariableTracker | None:
    """What it gives with another operand."""
    if name in _REPEATING and not _is_whole(tx, getattr(base, name), base(), args[1]):
        return None
    if name in _IN_PLACE:
        BuiltinVariable(_IN_PLACE[name]).call_function(tx, args, {})
        return original  # type: ignore[no-any-return]
    if name in _REPEATING:
        asks_class = base is deque and original.python_type() is not deque
        return None if asks_class else BuiltinVariable(operator.mul).call_function(tx, args, {})
    return _compared(tx, base, name, args)


def _is_whole(tx: Any, method: Any, empty: Any, tracker: Any) -> bool:
    """Whether it is a number; for another literal what Python raises is raised in the program."""
    tracker = tracker.realize()
    if type(tracker) is not ConstantVariable:
        return False
    try:
        method(empty, tracker.value)
    except TypeError as error:
        raise_in_program(tx, error)
    return True


def _compared(tx: Any, base: type, name: str, args: Any) -> VariableTracker | None:
    """``list.__eq__(items, others)``, for which the class of the others is not asked."""
    other = args[1].realize()
    if name not in _COMPARING:
        return None
    try:
        cls = other.python_type()
    except NotImplementedError:
        return None
    if not issubclass(cls, base):
        return ConstantVariable.create(NotImplemented)
    held = other if cls is base else plain_inside(other)
    if held is None:
        return None
    return BuiltinVariable(_COMPARING[name]).call_function(tx, [args[0], held], {})


def _got(ledger: Ledger, tx: Any, original: Any, args: Any) -> VariableTracker | None:
    """``dict.__getitem__(items, key)``, which asks the class for what is missing."""
    original = original.realize()
    held = plain_inside(original)
    if held is None or len(args) != 2 or original.python_type() is dict:
        return None
    ledger.classes.look(original.python_type(), "__missing__", guarded=False)
    if find(original.python_type(), "__missing__") is None:
        return None
    return UserFunctionVariable(_given).call_function(tx, [held, original, args[1]], {})


def _given(held: Any, items: Any, key: Any) -> Any:
    return held[key] if key in held else items.__missing__(key)
