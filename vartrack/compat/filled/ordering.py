"""``<`` and the like of objects, which torch up to 2.12 asks no second operand for.

There ``one < other`` never asks ``other.__gt__``, and ``one <= other`` is taken for ``==`` or ``<``
if the class of ``one`` has no ``__le__`` of its own.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.exc import raise_observed_exception, unimplemented
from torch._dynamo.symbolic_convert import compare_op_handlers
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.misc import StringFormatVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.names import OBJECTS
from vartrack.compat.release import runs_on

__all__ = ["ORDERED", "SIGNS"]

_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
#: By the id of an operator, as what is called may have no hash: its sign, the method of the left
#: operand, and that of the right one.
_ASKED: dict[int, tuple[str, str, str]] = {
    id(_OPERATORS[sign]): (sign, left, right)
    for sign, left, right in (
        ("<", "__lt__", "__gt__"),
        ("<=", "__le__", "__ge__"),
        (">", "__gt__", "__lt__"),
        (">=", "__ge__", "__le__"),
    )
}
#: What stands for values whose own comparing knows no objects of a user's.
_OF_LITERALS = frozenset((ConstantVariable, SymNodeVariable, ListVariable, TupleVariable))


def _by_both(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        asked = _ASKED.get(id(self.fn)) if len(args) == 2 and not kwargs else None
        if asked is None:
            return own(self, tx, args, kwargs)
        if any(type(arg.unwrap()) is StringFormatVariable for arg in args):
            _refuse_text(asked[0])
        if not any(map(_is_object, args)):
            return own(self, tx, args, kwargs)
        one, other = (arg.realize() for arg in args)
        answer = _answer(tx, one, other, *asked)
        return own(self, tx, args, kwargs) if answer is None else answer

    return call_function


def _refuse_text(sign: str) -> None:
    """Break the graph: the text is made when the graph has run, and torch would say it has none."""
    unimplemented(
        gb_type="vartrack: an operator that torch does not know",
        context=f"{sign} of a text that is put off",
        explanation="Which of two texts is less is not known before the graph has run.",
        hints=["Do it outside of the compiled function."],
    )


def _is_object(operand: Any) -> bool:
    """Whether it is an instance of a class that says in Python what is less; builds nothing."""
    tracker = operand.unwrap()
    if isinstance(tracker, LazyVariableTracker):
        cls = tracker.peek_type()
    elif issubclass(type(tracker), UserDefinedObjectVariable):
        cls = tracker.python_type()
    else:
        return False
    return any(_is_own(cls, name) for _, name, _ in _ASKED.values())


def _is_own(cls: type, name: str) -> bool:
    return isinstance(getattr(cls, name, None), FunctionType)


def _answer(tx: Any, one: Any, other: Any, sign: str, left: str, right: str) -> Any:
    """What the operands say, in Python's order; None if it is to be asked as torch does."""
    if not _is_known(one) or not _is_known(other):
        return None
    sides = [(one, left, other), (other, right, one)]
    first, second = one.python_type(), other.python_type()
    if first is not second and issubclass(second, first):
        sides.reverse()
    for this, name, that in sides:
        if not _is_own(this.python_type(), name):
            continue  # that of `object`, or of a literal, which knows no such objects
        answer = this.call_method(tx, name, [that], {})
        if not (isinstance(answer, ConstantVariable) and answer.value is NotImplemented):
            return answer
    names = f"'{first.__name__}' and '{second.__name__}'"
    text = f"'{sign}' not supported between instances of {names}"
    raise_: Callable[..., Any] = raise_observed_exception
    raise_(TypeError, tx, args=[VariableTracker.build(tx, text)])


def _is_known(operand: Any) -> bool:
    """Whether it asks either in Python or not at all."""
    if type(operand) not in OBJECTS:
        return type(operand) in _OF_LITERALS
    cls = operand.python_type()
    return all(
        _is_own(cls, name) or getattr(cls, name, None) is getattr(object, name)
        for _, name, _ in _ASKED.values()
    )


class _Signs:
    """Has the operators of the program reach what is put in place: torch holds its own function."""

    def __init__(self, functions: dict[str, Callable[..., Any]]) -> None:
        self._functions = functions
        self._own: dict[str, Any] = {}

    def add(self) -> None:
        """Put it in place, unless it is there already."""
        for sign, function in {} if self._own else self._functions.items():
            self._own[sign] = compare_op_handlers[sign]
            compare_op_handlers[sign] = _looked_up(BuiltinVariable(function))

    def remove(self) -> None:
        """Give torch its own back."""
        compare_op_handlers.update(self._own)
        self._own.clear()


def _looked_up(builtin: Any) -> Callable[..., Any]:
    return lambda tx, args, kwargs: builtin.call_function(tx, args, kwargs)


#: What is put in place in torch, in this order.
ORDERED: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    ((BuiltinVariable, "call_function", _by_both),) if runs_on("<2.13") else ()
)
SIGNS = _Signs({**_OPERATORS, "==": operator.eq, "!=": operator.ne} if runs_on("<2.13") else {})
