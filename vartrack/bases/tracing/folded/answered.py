"""Functions that Dynamo answers without asking a folded value, while one may be met."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch._dynamo import polyfills
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable, supported_comparison_ops

from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.known.identity import answer_identity
from vartrack.compat import operators
from vartrack.core.handlers import forget_handlers, is_of_torch

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

__all__ = ["ANSWERED", "Operations", "of_folded"]

Entry = tuple[tuple[type, type], Callable[..., Any]]

_POLYFILLS = f"{Path(polyfills.__file__).parent}/"


class Operations:
    """What Dynamo's tables of functions hold of a tracker class while they may be met.

    Args:
        tracker: the tracker class.
        of_one: for functions of one operand what answers for the class and its subclasses.
        of_two: gives functions of two operands, each with its entry, when it is called.
    """

    def __init__(
        self,
        tracker: type[VariableTracker],
        of_one: Mapping[Any, Callable[..., VariableTracker]],
        of_two: Callable[[], Iterable[tuple[Any, Entry]]] = tuple,
    ) -> None:
        self.tracker = tracker
        self.of_one = of_one
        self.of_two = of_two
        self.added: list[tuple[Any, Entry]] = []
        self.new: list[Any] = []
        self.in_force = False

    def add(self) -> None:
        """Have Dynamo ask here first."""
        table: Any = BuiltinVariable._binop_handlers()
        for function, entry in self.of_two():
            if function not in table:
                self.new.append(function)
            table.setdefault(function, []).insert(0, entry)
            self.added.append((function, entry))
        self.in_force = True
        for cls in _with_subclasses(self.tracker):
            self.add_class(cls)

    def add_class(self, cls: type) -> None:
        """The same for a subclass of the tracker class."""
        if self.in_force:
            cache: Any = BuiltinVariable.call_function_handler_cache
            cache.update({(function, cls): answer for function, answer in self.of_one.items()})

    def remove(self) -> None:
        """Leave Dynamo's tables as they were, and what it remembers of foreign trackers as well."""
        table: Any = BuiltinVariable._binop_handlers()
        ours = {id(entry) for _, entry in self.added}
        for function, _ in self.added:
            table[function][:] = [entry for entry in table[function] if id(entry) not in ours]
        for function in self.new:
            del table[function]
        self.added, self.new, self.in_force = [], [], False
        forget_handlers(lambda key: not is_of_torch(key))


def _with_subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    yield cls
    for subclass in cls.__subclasses__():
        yield from _with_subclasses(subclass)


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
    plain = is_by_identity(type(value.example), "__format__")
    if plain and spec.is_python_constant() and spec.as_python_constant() == "":
        return value.tp_str_impl(tx)  # type: ignore[no-any-return]
    return value.fold_method(tx, "__format__", [spec])


def _with_fixed_numbers(function: Any) -> Callable[..., VariableTracker]:
    """Calls ``function`` with symbolic numbers fixed to what they are now, which is guarded."""

    def call(tx: Any, one: VariableTracker, other: VariableTracker) -> VariableTracker:
        operands = [specialize_symnode(one), specialize_symnode(other)]
        return BuiltinVariable(function).call_function(tx, operands, {})

    return call


#: What torch works out with the value if the left operand is a number, and not with the slot of the
#: right one: by the function the slot, and whether that is of comparing.
_OF_NUMBERS = (bool, int, float, complex)
_REFLECTED: dict[Any, str] = {
    operator.eq: "__eq__",
    operator.ge: "__le__",
    operator.gt: "__lt__",
    operator.le: "__ge__",
    operator.lt: "__gt__",
    operator.ne: "__ne__",
}
_SLOTS: dict[Any, str] = {
    getattr(operator, f"__{name}__"): f"nb_{kind}_impl" for kind, name in operators.NAMES.items()
} | {pow: "nb_power_impl", operator.pow: "nb_power_impl", divmod: "nb_divmod_impl"}


def _by_the_right(function: Any) -> Callable[..., VariableTracker | None]:
    """Asks the right operand, as a number to the left of it has no answer."""
    swapped, slot = _REFLECTED.get(function), _SLOTS.get(function)

    def answer(tx: Any, one: VariableTracker, other: Any) -> VariableTracker | None:
        if type(one.as_python_constant()) not in _OF_NUMBERS or other.changeable:
            return None
        if isinstance(other.example, _OF_NUMBERS):
            return None  # Python asks the left one, or both
        if swapped is not None:
            given = other.tp_richcompare_impl(tx, one, swapped)
        else:
            given = getattr(other, slot or "")(tx, one, reverse=True)
        return None if given.is_constant_match(NotImplemented) else given

    return answer


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
        comparisons = {*supported_comparison_ops.values()} - {operator.is_, operator.is_not}
        yield from operators.entries(folded)
        for function in (*_REFLECTED, *_SLOTS):
            yield function, ((ConstantVariable, folded), _by_the_right(function))
        for function in (pow, operator.pow):
            yield function, ((folded, VariableTracker), _by_slot_of_left(function))
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
    }
    if operators.ANSWERS_HASH:
        of_one[hash] = _hash
    return Operations(folded, of_one, of_two)
