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

__all__ = ["OfBoth", "beside_floats", "of_both"]

_TYPES = frozenset({int, float})
#: Up to here each int is a float.
_MOST = 2**53
#: What gives the same for an int as for the float that equals it, if the other operand is a float.
_ALIKE = frozenset(
    getattr(operator, f"{prefix}{name}")
    for name in ("add", "sub", "mul", "truediv")
    for prefix in ("", "i")
)


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
        return self.as_float.original_source()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it worked out again when the graph has run."""
        codegen(self if self.is_realized() else self.number())


def of_both(tx: Any, op: Callable[..., Any], args: Sequence[Any]) -> OfBoth | None:
    """``op(*args)`` of `min` or `max`; None if the result is not of one type or the other."""
    if not all(map(_is_number, args)) or not any(is_symbol(arg) or _is_one(arg) for arg in args):
        return None
    if not any(map(_is_one, args)) and {type(example_of(arg)) for arg in args} != _TYPES:
        return None
    floats = [_as_float(tx, arg) for arg in args]
    number: Any = None if None in floats else made(tx, op, floats)
    if not waits(number):
        return None
    note_change(tx, number.place(), number.example)
    return OfBoth(nowhere(None), op=op, args=args, as_float=number)


def _is_one(arg: Any) -> bool:
    return type(arg) is OfBoth and not arg.is_realized()


def _is_number(arg: Any) -> bool:
    if _is_one(arg) or is_symbol(arg):
        return True
    known = arg.unwrap()
    if type(known) is not ConstantVariable or type(known.value) not in _TYPES:
        return False
    return type(known.value) is float or abs(known.value) <= _MOST


def _as_float(tx: Any, arg: Any) -> VariableTracker | None:
    if _is_one(arg):
        return arg.as_float  # type: ignore[no-any-return]
    if type(arg.unwrap()) is ConstantVariable:
        return ConstantVariable.create(float(arg.unwrap().value))
    return arg if arg.python_type() is float else made(tx, float, [arg])


def beside_floats(tx: Any, op: Any, args: Sequence[Any]) -> list[VariableTracker] | None:
    """``args`` with floats, if it is all one to ``op`` whether they are some; else None."""
    if op not in _ALIKE or not any(map(_is_one, args)):
        return None
    others = [arg for arg in args if not _is_one(arg)]
    if not others or not all(map(_is_float, others)):
        return None
    floats = [arg.as_float if _is_one(arg) else arg for arg in args]
    for number in floats:
        if waits(number):
            number.rely_on_presence()
    return floats


def _is_float(arg: Any) -> bool:
    """Whether it is a float, or a tensor of such."""
    known = arg.realize()
    if type(known) is TensorVariable:
        return known.dtype is not None and known.dtype.is_floating_point
    if type(known) is ConstantVariable:
        return type(known.value) is float
    return is_symbol(known) and known.python_type() is float
