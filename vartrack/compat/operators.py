"""Operators of trackers with slots, on a torch that does not ask the slots itself.

Slots began with torch 2.13, and some came later. Before, an operator looks into a table of
functions by the classes of the two trackers. The entries made here go into that table and ask the
slots as Python does: first the left operand, or the right one if it is of a subclass that has
the reflected method of its own; the other one if the answer is ``NotImplemented``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedVariable

from vartrack.compat.hooks import hook_name

__all__ = [
    "ADDED",
    "ALONE",
    "ANSWERS_HASH",
    "COMPARES",
    "GIVES_TEXT",
    "NAMES",
    "SLOTS",
    "SWAPPED",
    "Entry",
    "comparisons",
    "entries",
]

Entry = tuple[tuple[Any, Any], Callable[..., Any]]

#: By kind of slot the name in the method that it stands for.
NAMES: dict[str, str] = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "true_divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "lshift": "lshift",
    "rshift": "rshift",
    "and": "and",
    "or": "or",
    "xor": "xor",
    "matrix_multiply": "matmul",
}
#: Comparisons, each with the one that gives the same with the operands the other way round.
SWAPPED: dict[str, str] = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}


def _has(slot: str) -> bool:
    return hasattr(VariableTracker, slot)


#: The slots that are reached by an entry here, with the name of the method that each stands for.
ADDED: dict[str, str] = {
    slot: name for kind, name in NAMES.items() if not _has(slot := f"nb_{kind}_impl")
}
#: All slots that are asked from here, or by one of torch's, where it has them.
SLOTS: frozenset[str] = frozenset(
    {f"nb_{way}{kind}_impl" for kind in NAMES for way in ("", "inplace_")}
    | {f"nb_{kind}_impl" for kind in ("absolute", "bool", "float", "index", "int", "invert")}
    | {f"nb_{kind}_impl" for kind in ("negative", "positive")}
    | {"hash_impl", "mp_subscript_impl", "sq_contains_impl", "sq_length_impl", "tp_iter_impl"}
)
#: Functions of one operand, each with the slot that it stands for, where torch does not ask that.
ALONE: dict[Any, str] = {
    function: slot
    for function, slot in {
        abs: "nb_absolute_impl",
        hash: "hash_impl",
        len: "sq_length_impl",
        operator.index: "nb_index_impl",
        operator.invert: "nb_invert_impl",
        operator.neg: "nb_negative_impl",
        operator.pos: "nb_positive_impl",
    }.items()
    if not _has(hook_name(slot))
}
_NOT = BuiltinVariable(operator.not_)
#: Whether ``hash`` must be answered here, as torch does not ask a tracker for it.
ANSWERS_HASH: bool = not _has("hash_impl")
#: Functions of two operands whose result is a text, where they are no slot.
GIVES_TEXT: tuple[Any, ...] = () if _has("nb_remainder_impl") else (operator.mod,)
#: Whether comparing is answered by entries here.
COMPARES: bool = not _has("tp_richcompare_impl") and not _has("richcompare_impl")


def _is_declined(answer: Any) -> bool:
    if answer is None:
        return True
    known = answer.unwrap()  # what is lazy is left so
    return issubclass(type(known), ConstantVariable) and known.value is NotImplemented


def _method(tx: Any, one: VariableTracker, name: str, other: VariableTracker) -> Any:
    """What ``one`` answers to the operator by its method; None if it is none of a user's class."""
    if not isinstance(one, UserDefinedVariable):
        return None
    method = _of_class(one.python_type(), name)
    if method is None or method is vars(object).get(name):
        return None  # that of `object` leaves it to the other operand
    return one.call_method(tx, name, [other], {})


def _first_is_right(one: VariableTracker, other: VariableTracker, reflected: str) -> bool:
    """Whether Python asks the right operand first."""
    try:
        left, right = one.python_type(), other.python_type()
    except NotImplementedError:
        return False
    if left is right or not issubclass(right, left):
        return False
    return _of_class(right, reflected) is not _of_class(left, reflected)


def _of_class(cls: type, name: str) -> Any:
    """What a class has for its instances, whatever its metaclass has; None if it has nothing."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def _binary(slot: str, name: str, folded: type) -> Callable[..., Any]:
    forward, reflected = f"__{name}__", f"__r{name}__"

    def ask(tx: Any, one: VariableTracker, other: VariableTracker, reverse: bool) -> Any:
        if isinstance(one, folded):
            return getattr(one, slot)(tx, other, reverse=reverse)
        return _method(tx, one, reflected if reverse else forward, other)

    def call(tx: Any, one: VariableTracker, other: VariableTracker) -> Any:
        sides = [(one, other, False), (other, one, True)]
        if _first_is_right(one, other, reflected):
            sides.reverse()
        for this, that, reverse in sides:
            answer = ask(tx, this, that, reverse)
            if not _is_declined(answer):
                return answer
        return None  # torch says that it cannot trace this

    return call


def _in_place(slot: str, binary: Callable[..., Any]) -> Callable[..., Any]:
    def call(tx: Any, one: Any, other: VariableTracker) -> Any:
        answer = getattr(one, slot)(tx, other)
        return binary(tx, one, other) if _is_declined(answer) else answer

    return call


def _compare(name: str, folded: type) -> Callable[..., Any]:
    this, swapped = f"__{name}__", f"__{SWAPPED[name]}__"

    def ask(tx: Any, one: VariableTracker, other: VariableTracker, op: str) -> Any:
        if op == "__ne__" and one.python_type().__ne__ is object.__ne__:
            equal = ask(tx, one, other, "__eq__")
            return None if _is_declined(equal) else _NOT.call_function(tx, [equal], {})
        if isinstance(one, folded):
            return one.tp_richcompare_impl(tx, other, op)  # type: ignore[attr-defined]
        return _method(tx, one, op, other)

    def call(tx: Any, one: VariableTracker, other: VariableTracker) -> Any:
        sides = [(one, other, this), (other, one, swapped)]
        if _first_is_right(one, other, swapped):
            sides.reverse()
        for first, second, op in sides:
            answer = ask(tx, first, second, op)
            if not _is_declined(answer):
                return answer
        if name in ("eq", "ne"):
            return ConstantVariable.create((one is other) is (name == "eq"))
        return None

    return call


def entries(folded: type) -> Iterator[tuple[Any, Entry]]:
    """The entries of Dynamo's table by which operators reach the slots of ``folded``."""
    for slot, name in ADDED.items():
        function = getattr(operator, f"__{name}__")
        binary = _binary(slot, name, folded)
        yield function, ((folded, VariableTracker), binary)
        yield function, ((VariableTracker, folded), binary)
        in_place = _in_place(slot.replace("nb_", "nb_inplace_"), binary)
        yield getattr(operator, f"__i{name}__"), ((folded, VariableTracker), in_place)
    yield from comparisons(folded)


def comparisons(tracker: type) -> Iterator[tuple[Any, Entry]]:
    """The same for comparing alone, where torch does not ask ``tracker`` itself."""
    if COMPARES:
        for name in SWAPPED:
            compare = _compare(name, tracker)
            yield getattr(operator, name), ((tracker, VariableTracker), compare)
            yield getattr(operator, name), ((VariableTracker, tracker), compare)
