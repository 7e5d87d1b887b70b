"""Operators of numbers that vary, where the graph would give another number, or fail too late.

Where a number is a symbol torch leaves the operator to the graph. That rounds no int, has no
complex numbers, gives a float where `min` finds an int, and divides by zero outside of the
program's ``try``. Of some operators torch says that numbers have none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import BaseListVariable, TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.numbers.filled_in import filled_in
from vartrack.compat.instructions import is_tried
from vartrack.compat.names import has_guarding_hint, worked_out_later

__all__ = ["OPERATORS", "called"]

_Args = Sequence[VariableTracker]


def called(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """What ``function(*args)`` gives, if the graph would not give the same; None if it would.

    What Python raises is raised in the program.

    Args:
        tx: the tracer.
        function: one of `OPERATORS`.
        args: numbers, or anything else.
    """
    if worked_out_later is not None and (later := worked_out_later(function, args)) is not None:
        tracker: VariableTracker = later
        return tracker
    operands = [arg.realize() for arg in args]
    for ask in OPERATORS[function]:
        result = ask(tx, function, operands)
        if result is not None:
            return result
    return None


def _of_complex(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``1j * n``: no graph has complex numbers, so that the number is fixed."""
    if not any(type(arg) is ConstantVariable and type(arg.value) is complex for arg in args):
        return None
    return _with_fixed(tx, function, args)


def _raised_to(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``n ** -1``, which divides as well; of negative numbers torch has no such power."""
    if len(args) != 2 or type(args[0]) is not SymNodeVariable:
        return None
    exponent = args[1].value if type(args[1]) is ConstantVariable else 1
    if type(exponent) not in (int, float) or (exponent >= 0 and exponent % 1 == 0):
        return None
    base = args[0].sym_num
    if not has_guarding_hint(base) or (base >= 0 if exponent > 0 else base > 0):  # guarded by torch
        return None
    return _with_fixed(tx, function, args)


def _divided(tx: Any, function: Any, args: _Args) -> None:
    """``1 / n`` in a ``try``: whether the divisor is zero is guarded."""
    if len(args) != 2 or not is_tried(tx):
        return
    number, divisor = args
    if type(divisor) is not SymNodeVariable or number.is_tensor():
        return
    if divisor.sym_num != 0:  # guarded by torch
        return
    try:
        function(number.python_type()(1), divisor.python_type()(0))
    except ZeroDivisionError as error:
        raise_in_program(tx, error)


def _rounded(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``round(n, -1)`` of an int, which is itself in the graph: the number is fixed."""
    if len(args) != 2:
        return None
    number, digits = args
    if type(number) is not SymNodeVariable or number.python_type() is not int:
        return None
    if type(digits) is ConstantVariable and (type(digits.value) is not int or digits.value >= 0):
        return None
    return _with_fixed(tx, function, args)


def _with_rest(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``divmod(a, n)``, which torch says there is not: of ints it is two operators in the graph."""
    if len(args) != 2 or not any(type(arg) is SymNodeVariable for arg in args):
        return None
    if any(arg.python_type() is not int for arg in args):
        return _with_fixed(tx, function, args)
    both = (operator.floordiv, operator.mod)
    return TupleVariable([BuiltinVariable(op).call_function(tx, [*args], {}) for op in both])


def _with_fixed(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """The same with constants in the place of symbols; None if there are none."""
    if not any(type(arg) is SymNodeVariable for arg in args):
        return None
    fixed = [specialize_symnode(arg) for arg in args]
    return BuiltinVariable(function).call_function(tx, fixed, {})


def _chosen(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """What `max` or `min` gives of numbers that vary beside those of another type.

    Which of them it is gets a guard, and no number: the graph would give a float where Python gives
    an int.

    Returns:
        One of ``args``, or of the items of the only one; None if they are of one type.
    """
    given = args[0] if len(args) == 1 else None
    items = given.items if isinstance(given, BaseListVariable) else args
    items = [item.realize() for item in items]
    vary = [item for item in items if type(item) is SymNodeVariable]
    if not vary or not all(has_guarding_hint(item.sym_num) for item in vary):
        return None
    if any(type(item) not in (SymNodeVariable, ConstantVariable) for item in items):
        return None
    types = {item.python_type() for item in items}
    if not types <= {int, float, bool}:  # with which Python may not compare numbers
        return _with_fixed(tx, function, items) if len(items) > 1 else None
    if len(types) == 1:
        return None
    best, its = items[0], _number(items[0])
    for item in items[1:]:
        one = _number(item)
        if one > its if function is max else one < its:
            best, its = item, one
    return best


def _number(item: Any) -> Any:
    # a symbol is not held against True
    return item.sym_num if type(item) is SymNodeVariable else +item.value


def _beside_bools(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``n < True``, of which torch dies: the graph gets a number."""
    bools = [type(arg) is ConstantVariable and type(arg.value) is bool for arg in args]
    if not any(bools) or not any(_is_number(arg) for arg in args):
        return None
    numbers = [
        ConstantVariable.create(int(arg.value)) if is_bool else arg  # type: ignore[attr-defined]
        for arg, is_bool in zip(args, bools, strict=True)
    ]
    return BuiltinVariable(function).call_function(tx, numbers, {})


def _is_number(arg: VariableTracker) -> bool:
    return type(arg) is SymNodeVariable and arg.python_type() in (int, float)


def _named(names: Sequence[str]) -> list[Any]:
    return [getattr(operator, each) for name in names for each in (name, f"i{name}")]


#: From each operator to what is asked of its operands, one after the other.
OPERATORS: Mapping[Any, tuple[Callable[[Any, Any, _Args], VariableTracker | None], ...]] = {
    **dict.fromkeys(_named(("add", "sub", "mul")), (_of_complex,)),
    **dict.fromkeys(_named(("truediv",)), (_divided, _of_complex)),
    **dict.fromkeys(_named(("floordiv",)), (_divided, _of_complex, _beside_bools)),
    **dict.fromkeys(_named(("mod",)), (filled_in, _divided, _beside_bools)),
    **dict.fromkeys((operator.lt, operator.le, operator.gt, operator.ge), (_beside_bools,)),
    divmod: (_divided, _with_rest),
    **dict.fromkeys((*_named(("pow",)), pow), (_raised_to, _of_complex)),
    round: (_rounded,),
    max: (_chosen,),
    min: (_chosen,),
}
