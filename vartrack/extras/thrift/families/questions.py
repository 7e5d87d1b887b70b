"""Values that are only asked: the guard is the answer."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.tensor import supported_comparison_ops

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import WAITING, any_waits, waits
from vartrack.bases.tracing.late.working_out import is_pattern
from vartrack.compat.instructions import BUILTINS, JUMPS, Instructions, binary_operator, jump
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.asking import answering, by_objects, flags, members
from vartrack.extras.thrift.asking.membership import (
    number_at_its_place,
    text_at_its_place,
    without_view,
)
from vartrack.extras.thrift.families import set_by_name
from vartrack.extras.thrift.families.calls import answered_first, summed_first
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.pieces import are_pieces
from vartrack.extras.thrift.late.views import is_view
from vartrack.extras.thrift.numbers.of_both import is_of_both, used
from vartrack.extras.thrift.of_all.dicts import Copy, can_copy
from vartrack.extras.thrift.of_all.equality import held_against
from vartrack.extras.thrift.of_all.sets import CopiedSet
from vartrack.extras.thrift.unread.by_key import (
    Count,
    GetOrSet,
    TakeByKey,
    is_by_key,
    is_changed_set,
    is_counter,
    is_key,
)
from vartrack.extras.thrift.worked_out import after_adding, attributes, patterns, results, texts
from vartrack.extras.thrift.worked_out.lookups import GetOfTable, is_table
from vartrack.extras.thrift.worked_out.methods import OF_PATTERNS, MethodOfPattern

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["HOOKS", "VISITORS"]

_CONVERSIONS = ("", "s", "r", "a")


def _answered(tx: Any, answer: Any) -> bool:
    """Push ``answer`` if there is one."""
    if answer is None:
        return False
    tx.push(answer if isinstance(answer, VariableTracker) else ConstantVariable.create(answer))
    return True


def _replace(tx: Any, count: int, answer: Any) -> bool:
    """Push ``answer``, if there is one, in the place of what is on the stack."""
    if answer is None:
        return False
    tx.popn(count)
    return _answered(tx, answer)


def _compare(tx: Any, inst: Any, name: str) -> bool:
    left, right = tx.stack[-2:]
    one, two = type(left), type(right)
    if one is not CopiedSet is not two and (
        WAITING.isdisjoint((one, two)) or not (waits(left) or waits(right))
    ):
        return False
    op = supported_comparison_ops.get(name)
    if is_of_both(left) or is_of_both(right):
        return _replace(tx, 2, used(tx, BuiltinVariable(op), op, [left, right]))
    answer = held_against(tx, op, left, right)
    if answer is not None:
        return _replace(tx, 2, answer)
    if op not in results.OPERANDS:
        return _replace(tx, 2, answering.compared(op, left, right))
    answer = results.put_off(op, [left, right])
    if answer is None:
        answer = by_objects.compared(tx, op, left, right)
    return _replace(tx, 2, answer)


def compare_op(tx: Any, inst: Any) -> bool:
    """``a == b`` and its like."""
    return _compare(tx, inst, inst.argval)


def is_op(tx: Any, inst: Any) -> bool:
    """``a is b``."""
    return _compare(tx, inst, "is not" if inst.argval else "is")


def contains_op(tx: Any, inst: Any) -> bool:
    """``a in b``."""
    item, container = tx.stack[-2:]
    if is_view(container):
        container = tx.stack[-1] = without_view(container)
    answer = None
    if is_by_key(container, item) or is_changed_set(container):
        answer = is_key(tx, container, item)
    if answer is None and (waits(item) or waits(container) or _holds_late(container)):
        answer = answering.contained(container, item)
    return _replace(tx, 2, None if answer is None else answer is not bool(inst.argval))


def _holds_late(container: Any) -> bool:
    """Whether it is the pieces of a late text, or a list or tuple made with late values."""
    if type(container) in (ListVariable, TupleVariable) and container.source is None:
        return any_waits(container.items)
    return are_pieces(container)


def unary_not(tx: Any, inst: Any) -> bool:
    """``not a``."""
    value = tx.stack[-1]
    if waits(value):
        return _replace(tx, 1, results.put_off(operator.not_, [value]))
    answer = _truth_of_parts(value)
    return answer is not None and _replace(tx, 1, not answer)


def _jump(tx: Any, inst: Any) -> bool:
    """``if a:``, and ``a or b``, which keeps the value where it jumps."""
    value = tx.stack[-1]
    if type(value) is ConstantVariable:
        return False  # as most are
    answer = answering.truth(value) if is_late(value) else _truth_of_parts(value)
    if answer is not None:
        jump(tx, inst, answer)
    return answer is not None


#: The trackers of containers whose truth torch takes of the whole value, and where the parts are.
_PARTS = frozenset({ListVariable, TupleVariable, ConstDictVariable})


def _truth_of_parts(container: Any) -> bool | None:
    """Whether a container that was made while tracing, or added to, is true; None for others."""
    if type(container) in _PARTS and container.source is None:
        return bool(container.items)
    return after_adding.truth_of(container)


#: By the name of an attribute: of what it is a method that may wait, and the tracker of that.
_METHODS: dict[str, tuple[Callable[[Any], bool], Any]] = {
    "get": (is_table, GetOfTable),
    "setdefault": (is_table, GetOrSet),
    "pop": (is_table, TakeByKey),
    "update": (is_counter, Count),
    "copy": (can_copy, Copy),
    "join": (texts.is_text, texts.Join),
    "format_map": (texts.is_text, texts.FormatMap),
    **dict.fromkeys(OF_PATTERNS, (is_pattern, MethodOfPattern)),
}


def _with_methods(tx: Any, owner: Any, name: str) -> Any:
    """What is asked for the method or attribute ``name``: a number that varies as a late one."""
    if name in _OF_NUMBERS and (is_symbol(owner) or (waits(owner) and not is_late(owner))):
        return number_at_its_place(tx, owner)
    return text_at_its_place(owner)


#: The methods of numbers that work something out.
_OF_NUMBERS = frozenset({"bit_length", "is_integer", "hex"})


#: The names that are looked at of what is not late as well.
_ASKED = frozenset({*_METHODS, *_OF_NUMBERS, "__class__"})


def _loaded(own: Callable[..., None]) -> Callable[..., None]:
    """A method that works something out of late values, and what an enum member holds."""

    @functools.wraps(own)
    def load(tx: Any, name: str) -> None:
        owner: Any = tx.stack[-1]
        if name not in _ASKED and type(owner) not in WAITING:  # most are
            own(tx, name)
            return
        known = _METHODS.get(name)
        found: Any = None
        if known is not None and known[0](owner):
            found = known[1](owner, name)
        elif (waits(owner) or name in _OF_NUMBERS) and is_late(
            late := _with_methods(tx, owner, name)
        ):
            found = attributes.of_late(tx, late, name)
        elif name == "__class__":
            found = attributes.named_class_of(tx, owner)
        if found is None:
            own(tx, name)
        else:
            _replace(tx, 1, found)

    return load


def format_value(tx: Any, inst: Any) -> bool:
    """``{value!r:spec}`` in a text, up to Python 3.12."""
    how = inst.arg
    spec = ""
    stack = tx.stack
    value = stack[-1]
    if how & 4:
        value = stack[-2]
        if not stack[-1].is_python_constant():
            return False
        spec = stack[-1].as_python_constant()
    count = 2 if how & 4 else 1
    return _formatted(tx, count, value, _CONVERSIONS[how & 3], spec)


def _formatted(tx: Any, count: int, value: Any, conversion: str, spec: str) -> bool:
    """Push the text of what varies, in the place of what is on the stack."""
    if not (waits(value) or is_symbol(value)):
        return False
    return _replace(tx, count, texts.formatted(value, conversion, spec))


def convert_value(tx: Any, inst: Any) -> bool:
    """``{value!r}`` since Python 3.13, before it is put into a text."""
    return _formatted(tx, 1, tx.stack[-1], _CONVERSIONS[inst.arg], "")


def format_simple(tx: Any, inst: Any) -> bool:
    """``{value}`` since Python 3.13."""
    return _formatted(tx, 1, tx.stack[-1], "", "")


def format_with_spec(tx: Any, inst: Any) -> bool:
    """``{value:spec}`` since Python 3.13."""
    value, spec = tx.stack[-2:]
    if not spec.is_python_constant():
        return False
    return _formatted(tx, 2, value, "", spec.as_python_constant())


def binary_op(tx: Any, inst: Any) -> bool:
    """``template % value``, ``text + text`` and ``flags & flag``."""
    left, right = tx.stack[-2:]
    known = right.unwrap()
    if not (waits(left) or waits(right) or is_symbol(known) or type(known) in _FILLING):
        return False
    if is_of_both(left) or is_of_both(right):
        return False
    sign = binary_operator(inst)
    if sign in _ARITHMETIC:
        # torch has no arithmetic of its own for them on some releases
        members.numbers_on_stack(
            tx, 2, type(left) is ConstantVariable or type(known) is ConstantVariable
        )
        left, right = tx.stack[-2:]
    make = _MADE_BY.get(sign)
    return make is not None and _replace(tx, 2, make(left, right))


#: The trackers of what a template with several places is filled with.
_FILLING = frozenset({TupleVariable, ConstDictVariable})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**", "+=", "-=", "*=", "/="})
_MADE_BY = {"%": texts.remainder, "+": texts.added, "&": flags.common}

#: What is asked before an instruction is traced.
QUESTIONS = Instructions(
    COMPARE_OP=compare_op,
    IS_OP=is_op,
    CONTAINS_OP=contains_op,
    UNARY_NOT=unary_not,
    FORMAT_VALUE=format_value,
    CONVERT_VALUE=convert_value,
    FORMAT_SIMPLE=format_simple,
    FORMAT_WITH_SPEC=format_with_spec,
    BINARY_OP=binary_op,
    BINARY_MODULO=binary_op,
    BINARY_ADD=binary_op,
    BINARY_AND=binary_op,
    BINARY_SUBTRACT=binary_op,
    BINARY_MULTIPLY=binary_op,
    BINARY_TRUE_DIVIDE=binary_op,
    BINARY_FLOOR_DIVIDE=binary_op,
    **dict.fromkeys(JUMPS, _jump),
)

#: What is asked before an attribute is loaded, or a built-in function called.
CALLS = Wrappers(
    (InstructionTranslatorBase, "_load_attr", _loaded),
    *((cls, "call_function", answered_first) for cls in BUILTINS),
    (PolyfilledFunctionVariable, "call_function", summed_first),
)

#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = ()

#: What it puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = (QUESTIONS, CALLS, *set_by_name.HOOKS, *patterns.HOOKS)
