"""Functions that Dynamo answers without asking a folded value, while one may be met."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch._dynamo import polyfills
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable, supported_comparison_ops

from vartrack.bases.tracing.classes.lacking import lacks
from vartrack.bases.tracing.evaluating.folding import evaluate
from vartrack.bases.tracing.evaluating.operations import Entry, Operations
from vartrack.bases.tracing.known.identity import answer_identity
from vartrack.compat import operators

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

__all__ = ["ANSWERED", "of_folded"]

_POLYFILLS = f"{Path(polyfills.__file__).parent}/"


def _is(tx: Any, one: Any, other: Any) -> VariableTracker:
    return ConstantVariable.create(_are_one(tx, one, other))


def _is_not(tx: Any, one: Any, other: Any) -> VariableTracker:
    return ConstantVariable.create(not _are_one(tx, one, other))


def _are_one(tx: Any, one: Any, other: Any) -> bool:
    if one is other:
        return True
    # where torch has written in Python what looks for a value, `is` only saves the `==` after it
    if tx.f_code.co_filename.startswith(_POLYFILLS) and one.equals_itself():
        return False
    return answer_identity(tx, one, other)


def _format(tx: Any, value: Any, spec: VariableTracker) -> VariableTracker | None:
    return value.formatted(tx, spec)  # type: ignore[no-any-return]


def _with_fixed_numbers(function: Any) -> Callable[..., VariableTracker]:
    """Calls ``function`` with symbolic numbers fixed to what they are now, which is guarded."""

    def call(tx: Any, one: VariableTracker, other: VariableTracker) -> VariableTracker:
        operands = [specialize_symnode(one), specialize_symnode(other)]
        return BuiltinVariable(function).call_function(tx, operands, {})

    return call


#: What torch works out with the value if the left operand is a number, and not with the slot of the
#: right one: by the function the method that answers; of those that give a number its slot too.
_OF_NUMBERS = (bool, int, float, complex)
_REFLECTED: dict[Any, str] = {
    getattr(operator, one): f"__{other}__" for one, other in operators.SWAPPED.items()
}
_SLOTS: dict[Any, tuple[str, str]] = {
    getattr(operator, f"__{name}__"): (f"nb_{kind}_impl", f"__r{name}__")
    for kind, name in operators.NAMES.items()
} | {
    pow: ("nb_power_impl", "__rpow__"),
    operator.pow: ("nb_power_impl", "__rpow__"),
    divmod: ("nb_divmod_impl", "__rdivmod__"),
}
# a number has no method of its own for `number += value`
_SLOTS |= {
    getattr(operator, f"i{function.__name__}"): names
    for function, names in _SLOTS.items()
    if hasattr(operator, f"i{function.__name__}")
}


def _by_the_right(function: Any) -> Callable[..., VariableTracker | None]:
    """Asks the right operand, as a number to the left of it has no answer."""
    swapped = _REFLECTED.get(function)
    slot, method = _SLOTS.get(function, ("", swapped or ""))

    def answer(tx: Any, one: VariableTracker, other: Any) -> VariableTracker | None:
        if type(one.as_python_constant()) not in _OF_NUMBERS:
            return None
        _raise_by_type(tx, function, other, {method}, (one.as_python_constant(), other.example))
        if other.changeable and other.own_method(method) is None:
            return None
        if isinstance(other.example, _OF_NUMBERS):
            return None  # Python asks the left one, or both
        if swapped is not None:
            given = other.tp_richcompare_impl(tx, one, swapped)
        else:
            given = getattr(other, slot)(tx, one, reverse=True)
        return None if given.is_constant_match(NotImplemented) else given

    return answer


def _by_type_of_left(function: Any) -> Callable[..., None]:
    """Raises what a number gives to the right of a value whose type does not have the operator."""
    # the second is another one for `value += number`
    methods = {_SLOTS[function][1].replace("__r", "__", 1), f"__{function.__name__}__"}

    def answer(tx: Any, one: Any, other: VariableTracker) -> None:
        number = other.as_python_constant()
        if type(number) in _OF_NUMBERS:
            _raise_by_type(tx, function, one, methods, (one.example, number))

    return answer


def _raise_by_type(tx: Any, function: Any, value: Any, methods: set[str], operands: Any) -> None:
    """Raise what ``function`` of a number and ``value`` raises, if its type lacks the methods."""
    if all(lacks(type(value.example), method) for method in methods):
        evaluate(tx, value.text(function.__name__), lambda: function(*operands))


def _by_slot_of_left(function: Any) -> Callable[..., VariableTracker | None]:
    """Asks the left operand for a power, which torch has no slot for."""

    def answer(tx: Any, one: Any, other: VariableTracker) -> VariableTracker | None:
        given = one.nb_power_impl(tx, other)
        return None if given.is_constant_match(NotImplemented) else given

    return answer


#: What asks one method of its operand; torch would take the operand for a constant.
ANSWERED: dict[Any, str] = {
    abs: "nb_absolute_impl",
    bool: "nb_bool_impl",
    float: "nb_float_impl",
    int: "nb_int_impl",
    len: "sq_length_impl",
    repr: "tp_repr_impl",
    str: "tp_str_impl",
}


def _by_slot(hook: str) -> Callable[..., VariableTracker]:
    def answer(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return getattr(args[0], hook)(tx)  # type: ignore[no-any-return]

    return answer


def _callable(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return ConstantVariable.create(callable(args[0].example))  # its type says so


def _not(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return ConstantVariable.create(not args[0].truth(tx))


def _round(tx: Any, value: Any, *digits: VariableTracker) -> VariableTracker:
    return value.needed(tx, "__round__", *digits)  # type: ignore[no-any-return]


def _round_alone(tx: Any, args: Any, kwargs: Any) -> VariableTracker | None:
    return _round(tx, args[0])


def _ascii(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    text = args[0].tp_repr_impl(tx)
    if not text.is_python_constant():
        return args[0].fold(tx, "__ascii__", ascii)  # type: ignore[no-any-return]
    escaped = text.as_python_constant().encode("ascii", "backslashreplace")
    return ConstantVariable.create(escaped.decode("ascii"))


def _hash(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return args[0].hashed(tx)  # type: ignore[no-any-return]


def _format_alone(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return _format(tx, args[0], ConstantVariable.create(""))  # type: ignore[return-value]


def of_folded(folded: type[FoldedVariable]) -> Operations:
    """What Dynamo would not ask folded values, of the tracker class ``folded``.

    It would compare the objects it has while tracing with ``is``, take the text of the value for a
    format, read the address in it, take an ``__index__`` for a float as it is, and say that no
    value is equal to a symbolic number.
    """

    def of_two() -> Iterator[tuple[Any, Entry]]:
        yield operator.is_, ((folded, folded), _is)
        yield operator.is_not, ((folded, folded), _is_not)
        yield format, ((folded, VariableTracker), _format)
        yield round, ((folded, VariableTracker), _round)
        comparisons = {*supported_comparison_ops.values()} - {operator.is_, operator.is_not}
        yield from operators.entries(folded)
        for function in (*_REFLECTED, *_SLOTS):
            yield function, ((ConstantVariable, folded), _by_the_right(function))
        for function in (pow, operator.pow):
            yield function, ((folded, VariableTracker), _by_slot_of_left(function))
        for function in _SLOTS:
            yield function, ((folded, ConstantVariable), _by_type_of_left(function))
        others = {divmod, pow, min, max}
        for function in BuiltinVariable._fx_graph_functions() | comparisons | others:
            handler = _with_fixed_numbers(function)
            yield function, ((folded, SymNodeVariable), handler)
            yield function, ((SymNodeVariable, folded), handler)

    of_one: dict[Any, Callable[..., VariableTracker]] = {
        **{function: _by_slot(hook) for function, hook in ANSWERED.items()},
        callable: _callable,
        ascii: _ascii,
        operator.not_: _not,
        format: _format_alone,
        round: _round_alone,
    }
    if operators.ANSWERS_HASH:
        of_one[hash] = _hash
    return Operations(folded, of_one, of_two)
