"""`__index__` of users' types, where Python asks for it and torch for something else.

``range`` and ``float`` ask for it last, a slice only once it is used as a subscript.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import SliceVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.objects.literal_record import LiteralRecordVariable
from vartrack.bases.tracing.objects.opaque_variable import OpaqueVariable
from vartrack.bases.tracing.objects.record_variable import RecordVariable
from vartrack.compat import behaviour
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["INDICES"]

_TEXTS = (str, bytes, bytearray)
_OURS = (FoldedVariable, LiteralRecordVariable, OpaqueVariable, RecordVariable)


def _index_of(tx: Any, tracker: Any, otherwise: str) -> VariableTracker:
    """What ``__index__`` gives; the program raises a `TypeError` of ``otherwise`` without one."""
    cls = tracker.python_type()
    if issubclass(cls, int) and isinstance(tracker, LiteralRecordVariable):
        return tracker.literal  # Python asks none of its methods
    if on_class(cls, "__index__") is None:
        raise_in_program(tx, TypeError(otherwise.format(cls.__name__)))
    if isinstance(tracker, FoldedVariable):
        return tracker.number_if(int, tx) or tracker.nb_index_impl(tx)
    index: VariableTracker = tracker.call_method(tx, "__index__", [], {})
    if not issubclass(index.python_type(), int):
        given = index.python_type().__name__
        raise_in_program(tx, TypeError(f"__index__ returned non-int (type {given})"))
    return index


def _of_range(own: Callable[..., Any]) -> Callable[..., Any]:
    """torch asks the operands of ``range`` for ``__int__``."""
    otherwise = "'{}' object cannot be interpreted as an integer"

    def call_range(self: BuiltinVariable, tx: Any, *args: VariableTracker) -> Any:
        operands = [arg.realize() for arg in args]
        if any(isinstance(operand, _OURS) for operand in operands):
            args = tuple(
                _index_of(tx, one, otherwise) if isinstance(one, _OURS) else one for one in operands
            )
        return own(self, tx, *args)

    return call_range


def _of_float(own: Callable[..., Any]) -> Callable[..., Any]:
    """torch takes the ``__index__`` of an object for the float itself."""

    def call_float(self: BuiltinVariable, tx: Any, arg: VariableTracker) -> Any:
        operand = arg.realize()
        if isinstance(operand, RecordVariable):
            cls = operand.python_type()
            if on_class(cls, "__float__") is None and on_class(cls, "__index__") is not None:
                return BuiltinVariable(float).call_function(tx, [_index_of(tx, operand, "")], {})
        return own(self, tx, arg)

    return call_float


def _is_read(cls: type, function: Any) -> bool:
    """Whether ``function`` reads the digits of a ``cls``, which has no method that says more."""
    asked = (f"__{function.__name__}__", "__index__")
    return issubclass(cls, _TEXTS) and all(on_class(cls, name) is None for name in asked)


def _of_text(own: Callable[..., Any]) -> Callable[..., Any]:
    """torch takes a text that is a record for no text, and raises another error than Python."""

    def call_number(self: BuiltinVariable, tx: Any, arg: VariableTracker) -> Any:
        operand = arg.realize()
        if isinstance(operand, RecordVariable) and _is_read(operand.python_type(), self.fn):
            operand.refuse(f"__{self.fn.__name__}__", "reads the digits of a text")
        return own(self, tx, arg)

    return call_number


def _with_indices(own: Callable[..., Any]) -> Callable[..., Any]:
    """torch takes what a slice holds for numbers; it is written down as what it is."""
    otherwise = "slice indices must be integers or None or have an __index__ method"

    @functools.wraps(own)
    def get(self: SliceVariable, *args: Any) -> Any:
        parts = [part.realize() for part in self.items]
        if not any(isinstance(part, _OURS) for part in parts):
            return own(self, *args)
        if asked() is Intent.WRITING:
            raise NotImplementedError(f"{self} is made of values that are loaded one by one")
        tx = InstructionTranslator.current_tx()
        numbers = [
            _index_of(tx, part, otherwise) if isinstance(part, _OURS) else part for part in parts
        ]
        if args:  # torch wants plain numbers, and does not fix a symbol
            numbers = [specialize_symnode(number) for number in numbers]
        return own(SliceVariable(numbers, tx), *args)

    return get


#: What writes an integer in digits, if torch does not know how.
_IN_DIGITS = () if behaviour.WRITES_IN_DIGITS else (bin, hex, oct)


def _in_digits(own: Callable[..., Any]) -> Callable[..., Any]:
    """``hex`` and its like ask ``__index__``; up to 2.12 torch traces none of them."""
    otherwise = "'{}' object cannot be interpreted as an integer"

    @functools.wraps(own)
    def call_function(self: BuiltinVariable, tx: Any, args: Any, kwargs: Any) -> Any:
        if self.fn not in _IN_DIGITS or len(args) != 1 or kwargs:
            return own(self, tx, args, kwargs)
        operand = args[0].realize()
        number = _index_of(tx, operand, otherwise) if isinstance(operand, _OURS) else operand
        number = specialize_symnode(number)
        if not (number.is_python_constant() and issubclass(number.python_type(), int)):
            return own(self, tx, args, kwargs)
        return ConstantVariable.create(self.fn(number.as_python_constant()))

    return call_function


#: What is put in place in torch.
INDICES = Wrappers(
    *(((BuiltinVariable, "call_function", _in_digits),) if _IN_DIGITS else ()),
    (BuiltinVariable, "call_range", _of_range),
    (BuiltinVariable, "call_float", _of_float),
    (BuiltinVariable, "call_float", _of_text),
    *in_this_release((BuiltinVariable, "call_int", _of_text)),
    (SliceVariable, "as_proxy", _with_indices),
    (SliceVariable, "as_python_constant", _with_indices),
    *in_this_release((SliceVariable, "as_index_slice", _with_indices)),
)
