"""Methods of numbers that vary, called by their names: `n.__round__(-1)`, `int.__add__(n, 2)`.

torch leaves them to the graph, where symbols have no `NotImplemented`, and knows few of those that
are read from the type.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from types import MethodDescriptorType, WrapperDescriptorType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import is_plain, raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.numbers import operators
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY, CountIteratorVariable
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["METHODS"]

#: Operators, by the methods that they ask of their first operand.
_OPERATORS = {
    "__divmod__": divmod,
    **{name: one for name, one in vars(operator).items() if name[:2] == "__" and callable(one)},
}
#: The functions that do the same as a method, of which the graph may have another answer.
_FUNCTIONS = {
    "__round__": round,
    **{name: one for name, one in _OPERATORS.items() if one in operators.OPERATORS},
}
#: Those of which the graph has none.
_TEXTS = {"__hash__": hash, "__format__": format, "__repr__": repr, "__str__": str}
#: Types whose methods are called on numbers, texts and the like.
_TYPES = (int, float, bool, complex, str, bytes)
_METHODS = (MethodDescriptorType, WrapperDescriptorType)
_Trackers = Sequence[VariableTracker]


def _of_numbers(own: Callable[..., Any]) -> Callable[..., Any]:
    """Around the methods of numbers that vary."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        found = None if kwargs else _by_name(tx, self, name, args)
        return own(self, tx, name, args, kwargs) if found is None else found

    return call_method


def _by_name(tx: Any, number: Any, name: str, args: Any) -> VariableTracker | None:
    """What the graph would not give; None if it would."""
    method = None
    if name[:2] == "__":
        cls = number.python_type()
        _read(tx, cls(1), name)
        method = getattr(cls, name)
    found = _refused(tx, method, [number, *args])
    if found is None and name in _FUNCTIONS:
        found = operators.called(tx, _FUNCTIONS[name], [number, *args])
    if found is None and name in _TEXTS:
        found = BuiltinVariable(_TEXTS[name]).call_function(tx, [number, *args], {})
    return found


def _of_literals(own: Callable[..., Any]) -> Callable[..., Any]:
    """Around the methods of those that do not vary."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        found = None
        if not kwargs and name[:2] == "__" and type(self.value) in _TYPES:
            _read(tx, self.value, name)
            found = _refused(tx, getattr(type(self.value), name), [self, *args])
        return own(self, tx, name, args, kwargs) if found is None else found

    return call_method


def _of_types(own: Callable[..., Any]) -> Callable[..., Any]:
    """Around the methods that are read from a type."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        found = None
        if self.fn in _TYPES and args and not kwargs:
            found = _by_type(tx, _read(tx, self.fn, name), name, args)
        return own(self, tx, name, args, kwargs) if found is None else found

    return call_method


#: By its instruction a statement that stores in what it is given, or deletes.
_STATEMENTS: dict[str, Callable[[Any], None]] = {
    "STORE_SUBSCR": lambda owner: operator.setitem(owner, 0, 0),
    "DELETE_SUBSCR": lambda owner: operator.delitem(owner, 0),
}


def _counting(own: Callable[..., Any]) -> Callable[..., Any]:
    """``next(counter)``: torch asks the first number alone for the sum, as in ``5 + 0.5``."""

    @functools.wraps(own)
    def count(self: Any, tx: Any) -> Any:
        item = self.item
        result = own(self, tx)
        if type(self.item) is ConstantVariable and self.item.value is NotImplemented:
            both = [item.realize(), self.step.realize()]
            self.item = BuiltinVariable(operator.add).call_function(tx, both, {})
        return result

    return count


def _read(tx: Any, owner: Any, name: str) -> Any:
    """An attribute. That there is none is raised in the program."""
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise_in_program(tx, _of_statement(tx, owner) or error)


def _of_statement(tx: Any, owner: Any) -> Exception | None:
    """What ``text[0] = 1`` and ``del text[0]`` raise, which read no attribute."""
    by_statement = _STATEMENTS.get(tx.current_instruction.opname)
    try:
        return None if by_statement is None else by_statement(owner)
    except TypeError as error:
        return error


def _by_type(tx: Any, method: Any, name: str, args: _Trackers) -> VariableTracker | None:
    """What ``int.__add__(n, 2)`` gives; None if it is no method, or not of numbers and texts."""
    if not isinstance(method, _METHODS) or not all(map(_has_example, args)):
        return None
    given = [arg.realize() for arg in args]
    if any(type(arg) is SymNodeVariable for arg in given):
        found = _refused(tx, method, given)
        if found is None and type(given[0]) is SymNodeVariable:
            return given[0].call_method(tx, name, given[1:], {})
        return _by_operator(tx, name, given) if found is None else found
    try:
        result = method(*map(_example, given))
    except Exception as error:
        raise_in_program(tx, error)
    told = is_plain(result) or result is NotImplemented
    return VariableTracker.build(tx, result) if told else None


def _by_operator(tx: Any, name: str, operands: _Trackers) -> VariableTracker | None:
    """What the operator gives that asks the method of this name."""
    function = _OPERATORS.get(name)
    if function is None and name[:3] == "__r":
        function = _OPERATORS.get(f"__{name[3:]}")
        operands = operands[::-1]
    if function is None:
        return None
    return BuiltinVariable(function).call_function(tx, [*operands], {})


def _refused(tx: Any, method: Any, args: _Trackers) -> VariableTracker | None:
    """`NotImplemented`, if that is what ``method`` gives of numbers of these types.

    What it raises of all of them is raised in the program.
    """
    if not isinstance(method, _METHODS) or not all(map(_has_example, args)):
        return None
    try:
        result = method(*map(_example, args))
    except (ArithmeticError, ValueError):
        return None  # it depends on which numbers they are
    except Exception as error:
        raise_in_program(tx, error)
    return VariableTracker.build(tx, result) if result is NotImplemented else None


def _has_example(arg: VariableTracker) -> bool:
    """Whether it is a number, a text or the like; nothing else is built to know."""
    if waits(arg):
        return arg.type_at_hand in (*_TYPES, type(None))  # type: ignore[attr-defined]
    if type(arg) in LAZY and not arg.is_realized():
        return type(arg.original_value()) in (*_TYPES, type(None))
    return issubclass(type(arg.unwrap()), (ConstantVariable, SymNodeVariable))


def _example(arg: VariableTracker) -> Any:
    """The value, or another of the same type for one that varies."""
    one = arg.realize()
    return one.python_type()(1) if type(one) is SymNodeVariable else one.as_python_constant()


#: What is put into torch while a registry needs it.
METHODS = Wrappers(
    (SymNodeVariable, "call_method", _of_numbers),
    (ConstantVariable, "call_method", _of_literals),
    (BuiltinVariable, "call_method", _of_types),
    (CountIteratorVariable, hook_name("tp_iternext_impl"), _counting),
)
