"""`FoldedVariable`: the tracker of a value whose every use is evaluated while tracing."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource
from torch._dynamo.utils import istype
from torch._dynamo.variables.base import NO_SUCH_SUBOBJ, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.lists import ListIteratorVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.folding import constants_of, evaluate, refuse, result_tracker

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["FoldedVariable"]

_METHODS = (
    types.MethodType,
    types.BuiltinMethodType,
    types.MethodWrapperType,
    types.FunctionType,
)


class FoldedVariable(VariableTracker):
    """A value that is known while tracing, of a type that Dynamo does not know.

    Attributes, methods, operators, comparison and the rest are evaluated on the value itself as
    soon as all operands are known, and the result becomes a tracker again.

    Args:
        value: the value.
        impure: names of attributes and methods that depend on more than the operands; they break
            the graph.
        options: ``source`` if it has one, and what else a tracker takes.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {"impure", *VariableTracker._nonvar_fields}

    def __init__(self, value: Any, impure: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(**options)
        self.value = value
        self.impure = impure

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.value).__qualname__}: {self.value!r:.60})"

    # what the value is

    def python_type(self) -> type:
        return type(self.value)

    def as_python_constant(self) -> Any:
        return self.value

    def get_real_python_backed_value(self) -> object:
        # equal values share a graph, so `is` between two of them cannot be answered here
        return NO_SUCH_SUBOBJ

    def reconstruct(self, codegen: PyCodegen) -> None:
        name = codegen.tx.output.install_global_by_id("_vartrack_constant", self.value)
        codegen.append_output(codegen.create_load_global(name, add=True))

    # evaluation

    def text(self, what: str) -> str:
        """``what`` of this value, for messages."""
        cls = self.python_type()
        return f"{cls.__module__}.{cls.__qualname__}.{what}"

    def subject(self) -> Any:
        """The object that is evaluated: the value, or a copy where evaluating could change it."""
        return self.value

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        """Called after each evaluation with its subject; refuses if that changed."""

    def fold(self, tx: Any, what: str, function: Callable[[Any], Any]) -> VariableTracker:
        """The tracker of ``function(value)``, evaluated now."""
        if what in self.impure:
            refuse(self.text(what), "depends on more than its operands")
        subject = self.subject()
        result = evaluate(tx, self.text(what), lambda: function(subject))
        self.unchanged(tx, what, subject)
        return result_tracker(tx, self.text(what), result, lambda: function(subject))

    def fold_method(
        self, tx: Any, name: str, args: Any, kwargs: Any = None
    ) -> VariableTracker | None:
        """The result of a method, or None if an operand is not known while tracing."""
        known = constants_of(args, kwargs or {})
        if known is None:
            return None
        positional, named = known
        if name.startswith("__") and hasattr(type(self.value), name):
            # Python looks operators up on the type
            return self.fold(
                tx, name, lambda value: getattr(type(value), name)(value, *positional, **named)
            )
        return self.fold(tx, name, lambda value: getattr(value, name)(*positional, **named))

    # attributes and calls

    def var_getattr(self, tx: Any, name: str) -> VariableTracker:
        if name in self.impure:
            refuse(self.text(name), "depends on more than its operands")
        subject = self.subject()
        result = evaluate(tx, self.text(name), lambda: getattr(subject, name))
        self.unchanged(tx, name, subject)
        if isinstance(result, _METHODS) and not istype(result, type):
            return GetAttrVariable(self, name, py_type=type(result))
        if self.source is not None and not _is_plain(result) and name in _stored(subject):
            # what the value holds has a place of its own, with its own guards
            return VariableTracker.build(tx, result, AttrSource(self.source, name))
        return result_tracker(tx, self.text(name), result, lambda: getattr(subject, name))

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        return ConstantVariable.create(hasattr(self.value, name))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in ("__setattr__", "__delattr__", "__setitem__", "__delitem__"):
            return self.refuse_change(name)
        if not hasattr(self.value, name):
            return super().call_method(tx, name, args, kwargs)
        folded = self.fold_method(tx, name, args, kwargs)
        if folded is not None:
            return folded
        function = inspect.getattr_static(type(self.value), name, None)
        if isinstance(function, types.FunctionType):
            return UserFunctionVariable(function).call_function(tx, [self, *args], kwargs)
        return refuse(self.text(name), "got an operand that is not known while tracing")

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.call_method(tx, "__call__", args, kwargs)

    def refuse_change(self, what: str) -> Any:
        """Break the graph because the traced code wants to change the value."""
        refuse(
            self.text(what),
            "would change a value that the graph takes for constant",
            "Change it outside the compiled function.",
            "If it is meant to change, register a RecordVisitor for its type instead.",
        )

    # comparison and hashing

    def richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        folded = self.fold_method(tx, op, [other])
        return ConstantVariable.create(NotImplemented) if folded is None else folded

    def is_python_equal(self, other: object) -> bool:
        if not isinstance(other, VariableTracker) or not other.is_python_constant():
            return False
        return bool(self.value == other.as_python_constant())

    def is_hashable(self) -> bool:
        return type(self.value).__hash__ is not None

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        return evaluate(tx, self.text("__hash__"), lambda: hash(self.value)), False

    # the slots of operators and containers

    def str_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__str__", str)

    def repr_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__repr__", repr)

    def nb_int_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__int__", int)

    def nb_float_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__float__", float)

    def nb_index_impl(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__index__", lambda value: value.__index__())

    def sq_length(self, tx: Any) -> VariableTracker:
        return self.fold(tx, "__len__", len)

    mp_length = sq_length

    def sq_contains(self, tx: Any, item: VariableTracker) -> VariableTracker:
        return self.needed(tx, "__contains__", item)

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        return self.needed(tx, "__getitem__", key)

    sq_item_impl = mp_subscript_impl

    def mp_ass_subscript_impl(self, tx: Any, *args: Any) -> VariableTracker:
        return self.refuse_change("__setitem__")

    sq_ass_item_impl = mp_ass_subscript_impl

    def needed(self, tx: Any, name: str, *args: VariableTracker) -> VariableTracker:
        """The result of a method that has no other way than to be evaluated."""
        folded = self.fold_method(tx, name, args)
        if folded is None:
            return refuse(self.text(name), "got an operand that is not known while tracing")
        return folded

    def items_of(self, tx: Any) -> list[VariableTracker]:
        """The items of the value, each as a tracker."""
        items = evaluate(tx, self.text("__iter__"), lambda: list(self.subject()))
        return [VariableTracker.build(tx, item) for item in items]

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        return ListIteratorVariable(self.items_of(tx))

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return self.items_of(tx)


def _is_plain(result: Any) -> bool:
    return ConstantVariable.is_literal(result) and not isinstance(result, (set, list))


def _stored(value: Any) -> Any:
    """The attributes that ``value`` holds itself, as opposed to computing them."""
    return getattr(value, "__dict__", ())


def _binary(name: str, reverse_name: str) -> Callable[..., VariableTracker]:
    def slot(
        self: FoldedVariable, tx: Any, other: VariableTracker, reverse: bool = False
    ) -> VariableTracker:
        method = reverse_name if reverse else name
        if not hasattr(type(self.value), method):
            return ConstantVariable.create(NotImplemented)
        folded = self.fold_method(tx, method, [other])
        return ConstantVariable.create(NotImplemented) if folded is None else folded

    return slot


def _unary(name: str) -> Callable[..., VariableTracker]:
    def slot(self: FoldedVariable, tx: Any) -> VariableTracker:
        return self.needed(tx, name)

    return slot


def _in_place(name: str) -> Callable[..., VariableTracker]:
    def slot(self: FoldedVariable, tx: Any, *args: Any) -> VariableTracker:
        return self.refuse_change(name)

    return slot


_BINARY = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "true_divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "divmod": "divmod",
    "lshift": "lshift",
    "rshift": "rshift",
    "and": "and",
    "or": "or",
    "xor": "xor",
}
for _slot, _name in _BINARY.items():
    setattr(FoldedVariable, f"nb_{_slot}_impl", _binary(f"__{_name}__", f"__r{_name}__"))
    setattr(FoldedVariable, f"nb_inplace_{_slot}_impl", _in_place(f"__i{_name}__"))
for _slot, _name in {"negative": "neg", "positive": "pos", "absolute": "abs"}.items():
    setattr(FoldedVariable, f"nb_{_slot}_impl", _unary(f"__{_name}__"))
for _slot, _name in {"concat": "add", "repeat": "mul"}.items():
    setattr(FoldedVariable, f"sq_{_slot}_impl", _binary(f"__{_name}__", f"__r{_name}__"))
    setattr(FoldedVariable, f"sq_inplace_{_slot}_impl", _in_place(f"__i{_name}__"))
