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

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.extras.thrift.late.changes import note_change
from vartrack.extras.thrift.late.kinds import NUMBERS
from vartrack.extras.thrift.worked_out.methods import made
from vartrack.visitors.literals import Floats, Integers

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.lazy import LazyCache

__all__ = ["is_of_both", "of_both", "used"]

_TYPES = frozenset({int, float})
#: Up to here ints are known: what is worked out of a few of them is a float as well.
_MOST = 2**24


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
#: What gives an int of ints, and else the float that equals it.
_OF_BOTH = {operator.neg, operator.pos, abs, operator.abs, *_named("add", "sub")}


class OfBoth(MadeLater):
    """What `min` or `max` gives, an int or a float.

    Args:
        _cache: torch's record of a value that is not built yet.
        op: which of the two.
        args: the numbers.
        as_float: what it gives as a float.
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
        as_float: Any,
        **options: Any,
    ) -> None:
        super().__init__(_cache, **options)
        self.op = op
        self.args = [*args]
        self.as_float = as_float

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
    return _again(tx, op, args)


def _again(tx: Any, op: Callable[..., Any], args: Sequence[Any]) -> OfBoth | None:
    floats = [_as_float(tx, arg) for arg in args]
    number: Any = None if None in floats else made(tx, op, floats)  # type: ignore[arg-type]
    if number is None:
        return None
    if waits(number):  # and was not worked out before
        note_change(tx, number.place(), number.example)
    return OfBoth(nowhere(None), op=op, args=args, as_float=number)


def _is_known(arg: Any) -> bool:
    """Whether it is a symbol, or a number that is a constant."""
    if is_symbol(arg):
        return True
    known = arg.unwrap()
    if type(known) is not ConstantVariable or type(known.value) not in _TYPES:
        return False
    return type(known.value) is float or abs(known.value) <= _MOST


def _as_float(tx: Any, arg: Any) -> VariableTracker | None:
    if is_of_both(arg):
        return arg.as_float  # type: ignore[no-any-return]
    known = arg.unwrap()
    if type(known) is ConstantVariable:
        return ConstantVariable.create(float(known.value))
    return arg if arg.python_type() is float else made(tx, float, [arg])


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
        return _again(tx, _OPERATORS.get(op, op), args)
    if op in _OF_ONE:
        is_alike = len(args) == 1
    else:
        is_alike = op in _ALIKE and all(map(_is_float, others)) and bool(others)
        if not is_alike and op in _OF_ANY:
            is_alike = all(is_symbol(arg) or _is_known(arg) for arg in others)
    if not is_alike:
        return None
    floats = [arg.as_float if is_of_both(arg) else arg for arg in args]
    for number in filter(waits, floats):
        number.rely_on_presence()
    return function.call_function(tx, [arg.realize() for arg in floats], {})


#: From what changes in place to what does not.
_OPERATORS = {operator.iadd: operator.add, operator.isub: operator.sub, operator.abs: abs}


def _is_int(arg: Any) -> bool:
    known = arg.unwrap()
    is_known = type(known) is ConstantVariable and type(known.value) is int
    return is_known and abs(known.value) <= _MOST


def _is_float(arg: Any) -> bool:
    """Whether it is a float, or a tensor of such."""
    known = arg.realize()
    if type(known) is TensorVariable:
        return known.dtype is not None and known.dtype.is_floating_point
    if type(known) is ConstantVariable:
        return type(known.value) is float
    return is_symbol(known) and known.python_type() is float
