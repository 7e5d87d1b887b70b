"""`Slots`: operators and container access of folded values, slot by slot as Dynamo asks."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListIteratorVariable

from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.classes.lookup import has_on_class, is_by_identity, on_class
from vartrack.bases.tracing.folded.evaluated_variable import EvaluatedVariable
from vartrack.compat.operators import NAMES

__all__ = ["Slots"]

#: What gives the number that an instance is, whatever its class says of it.
_NUMBER_IN: dict[type, Callable[[Any], int | float]] = {
    float: float.__float__,
    int: int.__index__,
}


class Slots(EvaluatedVariable):
    """Answers each slot by evaluating the method of the same name."""

    def tp_str_impl(self, tx: Any) -> VariableTracker:
        if is_by_identity(type(self.example), "__str__"):
            return self.tp_repr_impl(tx)  # as Python does
        return self.fold(tx, "__str__", str)

    def tp_repr_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__repr__", repr)

    def nb_bool_impl(self, tx: Any) -> VariableTracker:
        if self.of_class("__bool__") is None:
            if self.of_class("__len__") is None:
                return ConstantVariable.create(True)  # the type says so
            make_bool: Any = VariableTracker.build(tx, bool)
            return make_bool.call_function(tx, [self.sq_length_impl(tx)], {})  # type: ignore[no-any-return]
        return self.fold(tx, "__bool__", bool)

    def number_if(self, kind: type, tx: Any) -> VariableTracker | None:
        """The number that the value is, as C code takes it, if it is a ``kind``; else None."""
        if not isinstance(self.example, kind):
            return None
        ask = _NUMBER_IN[kind]
        return asked_anew(self, tx, ask) or ConstantVariable.create(ask(self.example))

    def as_number(self, tx: Any) -> VariableTracker | None:
        """The number that the value is to an operation on tensors; None if it is none."""
        return self.number_if(float, tx) or self.number_if(int, tx)

    def as_proxy(self) -> Any:
        number = self.as_number(InstructionTranslator.current_tx())
        return super().as_proxy() if number is None else number.as_proxy()

    def nb_int_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__int__", int)

    def nb_float_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__float__", float)

    def nb_index_impl(self, tx: Any) -> VariableTracker:
        self.raise_if_lacking(tx, "__index__")
        return self.fold(tx, "__index__", lambda value: value.__index__())

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__len__", len)

    mp_length_impl = sq_length_impl

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        return self.needed(tx, "__contains__", item)

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        return self.needed(tx, "__getitem__", key)

    sq_item_impl = mp_subscript_impl

    def mp_ass_subscript_impl(self, tx: Any, *args: Any) -> VariableTracker:
        return self.refuse_change("__setitem__", *args)

    sq_ass_item_impl = mp_ass_subscript_impl

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        own = self.own_method("__iter__")
        if own is not None:
            return self.trace_own(tx, "__iter__", own, (), {})
        return ListIteratorVariable(self.items_of(tx), mutation_type=ValueMutationNew())

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return self.items_of(tx)

    def nb_power_impl(
        self, tx: Any, other: VariableTracker, modulus: Any = None, reverse: bool = False
    ) -> VariableTracker:
        if modulus is None or modulus.is_constant_none():
            return _POWER(self, tx, other, reverse)
        base, exponent = (other, self) if reverse else (self, other)
        operands = [exponent, modulus] if base is self else [base, modulus]

        def bound(value: Any) -> Any:
            return lambda one, modulus: (
                pow(one, value, modulus) if reverse else pow(value, one, modulus)
            )

        folded = self.fold_call(tx, "__pow__", bound, operands, {})
        if folded is None:
            return self.refuse("__pow__", "got an operand that is not known while tracing")
        return folded

    def nb_inplace_power_impl(
        self, tx: Any, other: VariableTracker, modulus: Any = None
    ) -> VariableTracker:
        return _IN_PLACE_POWER(self, tx, other)

    def needed(self, tx: Any, name: str, *args: VariableTracker) -> VariableTracker:
        """The result of a method that has no other way than to be evaluated."""
        self.raise_if_lacking(tx, name)
        folded = self.fold_method(tx, name, args)
        if folded is None:
            return self.refuse(name, "got an operand that is not known while tracing")
        return folded


def _binary(name: str) -> Callable[..., VariableTracker]:
    forward, reflected = f"__{name}__", f"__r{name}__"
    function = divmod if name == "divmod" else getattr(operator, forward)

    def slot(
        self: Slots, tx: Any, other: VariableTracker, reverse: bool = False
    ) -> VariableTracker:
        method = reflected if reverse else forward
        own = None if _goes_first(other, self, reflected) else self.own_method(method)
        if own is not None:
            result = self.trace_own(tx, method, own, [other], {})
            if not result.is_constant_match(NotImplemented):
                return result

        def bound(value: Any) -> Any:
            return lambda other: function(other, value) if reverse else function(value, other)

        # the whole of the operator: torch asks one of two operands that have trackers of one class
        folded = self.fold_call(tx, method, bound, [other], {})
        if folded is not None:
            return folded
        if not has_on_class(type(self.example), method):
            return ConstantVariable.create(NotImplemented)
        return self.trace_or_refuse(tx, method, [other], {})

    return slot


def _goes_first(other: VariableTracker, one: Any, reflected: str) -> bool:
    """Whether Python asks ``other``, of a subclass with a method of its own, before ``one``."""
    kind, cls = getattr(other.realize(), "example", None).__class__, type(one.example)
    return (
        kind is not cls
        and issubclass(kind, cls)
        and on_class(kind, reflected) is not on_class(cls, reflected)
    )


def _unary(name: str) -> Callable[..., VariableTracker]:
    def slot(self: Slots, tx: Any) -> VariableTracker:
        return self.needed(tx, name)

    return slot


def _in_place(name: str, plain: str) -> Callable[..., VariableTracker]:
    def slot(self: Slots, tx: Any, *args: Any) -> VariableTracker:
        cls = type(self.example)
        own = self.own_method(name)
        if own is not None:
            return self.trace_own(tx, name, own, args[:1], {})
        if self.changeable or has_on_class(cls, name) or not has_on_class(cls, plain):
            return self.refuse_change(name)
        # a value that cannot change is replaced, as Python does without the method
        return ConstantVariable.create(NotImplemented)

    return slot


_POWER = _binary("pow")
_IN_PLACE_POWER = _in_place("__ipow__", "__pow__")
_NUMBERS = {**NAMES, "divmod": "divmod"}
_SEQUENCES = {"concat": "add", "repeat": "mul"}
for _kind, _operations in (("nb", _NUMBERS), ("sq", _SEQUENCES)):
    for _slot, _name in _operations.items():
        setattr(Slots, f"{_kind}_{_slot}_impl", _binary(_name))
        setattr(Slots, f"{_kind}_inplace_{_slot}_impl", _in_place(f"__i{_name}__", f"__{_name}__"))
_ALONE = {"negative": "neg", "positive": "pos", "absolute": "abs", "invert": "invert"}
for _slot, _name in _ALONE.items():
    setattr(Slots, f"nb_{_slot}_impl", _unary(f"__{_name}__"))
