"""`min` and `max` of an int and a float that varies: `x * min(self.step / 100, 1)`.

Which of the two it is decides on the type of what they give. Beside a float that makes no
difference: there it is a float at each call, and nothing is guarded. Else its type is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import TensorVariable
from torch._guards import Source

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.bases.tracing.late.working_out import example_of, written_at
from vartrack.compat.making import lazy
from vartrack.core.sources.fixed import is_writable
from vartrack.extras.thrift.late.changes import note_change
from vartrack.extras.thrift.late.kinds import NUMBERS
from vartrack.extras.thrift.worked_out.methods import made
from vartrack.visitors.literals import Floats, Integers

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.lazy import LazyCache

__all__ = ["is_float", "is_of_both", "of_both", "used", "with_floats"]

_TYPES = frozenset({int, float})
#: Up to here an int is known to be a float as well, and so is what is worked out of it.
_MOST = 2**53
#: What is taken for the largest of ints that vary.
_VARYING = 2**48


def _named(*names: str) -> frozenset[Any]:
    return frozenset(getattr(operator, f"{way}{name}") for name in names for way in ("", "i"))


_DIVIDED = _named("truediv")
_COMPARED = frozenset(getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne"))
#: What gives the same for an int as for the float that equals it, if the other operand is a float.
_ALIKE = _named("add", "sub", "mul", "pow") | _DIVIDED | _COMPARED
#: The same of those where the other may be an int as well.
_OF_ANY = _DIVIDED | _COMPARED
#: The same of one operand.
_OF_ONE = frozenset({float, int, bool, round, operator.truth, operator.not_})


def _first(*sizes: int) -> int:
    return sizes[0]


def _power(base: int, exponent: int) -> int:
    return base**exponent if exponent < _MOST.bit_length() else _MOST + 1


#: From an operator of two to how large an int is at most that it gives of ints of such sizes.
_SIZES: dict[str, Callable[..., int]] = {
    "add": operator.add,
    "sub": operator.add,
    "mul": operator.mul,
    "floordiv": _first,
    "mod": max,
    "pow": _power,
}
#: What gives an int of ints and else a float, in operators, and how large the int is at most.
_OF_BOTH: dict[Any, tuple[Callable[..., Any], Callable[..., int]]] = {
    operator.neg: (operator.neg, _first),
    operator.pos: (operator.pos, _first),
    abs: (abs, _first),
    operator.abs: (abs, _first),
    **{
        getattr(operator, f"{way}{name}"): (getattr(operator, name), size)
        for way in ("", "i")  # the second is the one that changes in place
        for name, size in _SIZES.items()
    },
}
#: Which of those fail for some numbers, or give an int for others, if the second is not above zero.
_OF_SOME = _named("floordiv", "mod", "pow")


class OfBoth(MadeLater):
    """What `min` or `max` gives, an int or a float.

    Args:
        _cache: torch's record of a value that is not built yet.
        op: which of the two.
        args: the numbers.
        at: where compiled code finds it.
        most: how large it is at most, if it is an int.
        options: what else a tracker takes.
    """

    kind = Kind((int, float), (Integers, Floats), NUMBERS)
    _nonvar_fields = {"kind", "op", *MadeLater._nonvar_fields}

    def __init__(
        self,
        _cache: LazyCache,
        *,
        op: Callable[..., Any],
        args: Sequence[Any],
        at: Source,
        most: int,
        **options: Any,
    ) -> None:
        super().__init__(_cache, **options)
        self.op = op
        self.args = [*args]
        self.at = at
        self.most = most
        self._as_float: Any = None

    @property
    def as_float(self) -> Any:
        """What it gives as a float."""
        if self._as_float is None:
            tx: Any = InstructionTranslator.current_tx()
            at: Any = written_at(float, [self.at])
            number = float(self.example)
            note_change(tx, at, number)
            self._as_float = lazy(number, at, tx=tx)
        return self._as_float

    @property
    def example(self) -> Any:
        """The number at hand."""
        return self.op(*map(example_of, self.args))

    def rely_on_type(self) -> None:
        """Have its own type guarded, which those of the numbers do not say."""
        self.realize()

    def lazy_isinstance(self, cls: type) -> bool:
        """Whether its tracker is a ``cls``, which does not depend on its type."""
        if not self.is_realized() and asked() is not Intent.WRITING:
            answer = self.kind.is_tracked_by(cls)
            if answer is not None:
                return bool(answer)
        return super().lazy_isinstance(cls)

    def is_tensor(self) -> bool:
        return False

    def number(self) -> VariableTracker:
        """What it gives as it is; its type is not guarded before something depends on it."""
        tx = InstructionTranslator.current_tx()
        args = [arg.realize() if type(arg) is OfBoth else arg for arg in self.args]
        number = made(tx, self.op, args)
        if number is None:
            known = [specialize_symnode(arg.realize()) for arg in args]
            number = BuiltinVariable(self.op).call_function(tx, known, {})
        return number

    def make(self) -> VariableTracker:
        return self.number().realize()

    def original_value(self) -> Any:
        """The number at hand."""
        return self.example

    def original_source(self) -> Any:
        """Where it is as a float: as that is treated, so is the number itself."""
        return self.as_float.source

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it worked out again when the graph has run."""
        codegen(self if self.is_realized() else self.number())


def is_of_both(arg: Any) -> bool:
    """Whether ``arg`` is an int or a float, and nothing depends on which so far."""
    return type(arg) is OfBoth and not arg.is_realized()


def of_both(tx: Any, op: Callable[..., Any], args: Sequence[Any]) -> OfBoth | None:
    """``op(*args)`` of `min` or `max`; None if the result is not of one type or the other."""
    numbers = [arg for arg in args if not is_of_both(arg)]
    if not all(map(_is_known, numbers)):
        return None
    if len(numbers) == len(args) and (
        not any(map(is_symbol, args)) or {type(example_of(arg)) for arg in args} != _TYPES
    ):
        return None
    return _again(op, args, max(_size(arg) for arg in args))


def _again(op: Callable[..., Any], args: Sequence[Any], most: int) -> OfBoth | None:
    """``op(*args)``, an int of at most ``most`` or a float; None if it has no place."""
    places = [_place(arg) for arg in args]
    if sum(isinstance(place, Source) for place in places) > 1:
        # what is worked out of several is so of values of the types of now
        places = [arg.as_float.source if is_of_both(arg) else _place(arg) for arg in args]
    at = None if most > _MOST or None in places else written_at(op, places)
    return None if at is None else OfBoth(nowhere(None), op=op, args=args, at=at, most=most)


def _place(arg: Any) -> Any:
    """Where compiled code finds a number; a constant stands for itself."""
    if is_of_both(arg):
        return arg.at
    return place_of_symbol(arg) if is_symbol(arg) else arg.unwrap().value


def _size(arg: Any) -> int:
    """How large a number is at most, if it is an int."""
    if is_of_both(arg):
        return arg.most  # type: ignore[no-any-return]
    if is_symbol(arg):
        return _VARYING if arg.python_type() is int else 0
    value = arg.unwrap().value
    return abs(value) if type(value) is int else 0


def _is_known(arg: Any) -> bool:
    """Whether it is a symbol, or a number that is a constant."""
    if is_symbol(arg):
        return True
    known = arg.unwrap()
    if type(known) is not ConstantVariable or type(known.value) not in _TYPES:
        return False
    return is_writable(known.value) and abs(known.value) <= _MOST


def with_floats(args: Sequence[Any]) -> list[Any]:
    """``args``, of which it is all one whether they are ints or floats."""
    given = []
    for arg in args:
        if is_of_both(arg):
            number = arg.as_float
            if waits(number):
                number.rely_on_presence()
            arg = number.realize()
        given.append(arg)
    return given


def used(tx: Any, function: VariableTracker, op: Any, args: Sequence[Any]) -> Any:
    """``op(*args)``, if it is all one to it whether those are ints or floats; else None.

    Args:
        tx: the tracer.
        function: the tracker of ``op``.
        op: a function.
        args: one of them is such a number.
    """
    others = [arg for arg in args if not is_of_both(arg)]
    if op in _OF_BOTH and all(map(_is_int, others)):
        made = _made(op, args)
        if made is not None:
            return made
    if op in _OF_ONE:
        is_alike = len(args) == 1
    else:
        is_alike = op in _ALIKE and all(map(is_float, others)) and bool(others)
        if not is_alike and op in _OF_ANY:
            is_alike = all(is_symbol(arg) or _is_known(arg) for arg in others)
    if not is_alike:
        return None
    return function.call_function(tx, [arg.realize() for arg in with_floats(args)], {})


def _made(op: Any, args: Sequence[Any]) -> OfBoth | None:
    """``op(*args)`` of such a number, and an int that is known."""
    if op in _OF_SOME and (is_of_both(args[1]) or args[1].unwrap().value <= 0):
        return None
    op, size = _OF_BOTH[op]
    return _again(op, args, size(*map(_size, args)))


def _is_int(arg: Any) -> bool:
    known = arg.unwrap()
    return type(known) is ConstantVariable and type(known.value) is int


def is_float(arg: Any) -> bool:
    """Whether it is a float, or a tensor of such."""
    known = arg.realize()
    if type(known) is TensorVariable:
        return known.dtype is not None and known.dtype.is_floating_point
    if type(known) is ConstantVariable:
        return type(known.value) is float
    return is_symbol(known) and known.python_type() is float
