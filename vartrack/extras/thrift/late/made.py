"""Results of operators on late values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.bases.tracing.late.working_out import place_of
from vartrack.compat.making import build_now
from vartrack.extras.thrift.late.changes import has_float_that_changes, note_change
from vartrack.extras.thrift.late.kinds import NUMBERS, kind_of
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.shapes import frame_history
from vartrack.visitors.literals import Booleans

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.lazy import LazyCache
    from torch._guards import Source

__all__ = ["LateResult", "is_result"]


@dataclass(frozen=True)
class _Operation:
    """What a `LateResult` is worked out of.

    Attributes:
        operator: what is called; `operator` or `builtins` has it under its name.
        args: the operands.
        example: the result for the values at hand.
        ask: gives the result, guarded; None if the operands should be guarded.
        size: of how many operations it is made.
        source: where an operand is.
    """

    operator: Callable[..., Any]
    args: list[VariableTracker]
    example: Any
    ask: Callable[[], Any]
    size: int
    source: Any


_KINDS = {
    str: kind_of(str),
    bool: Kind((bool,), Booleans, NUMBERS),
    int: kind_of(int),
    float: kind_of(float),
    complex: kind_of(complex),
}


class LateResult(MadeLater):
    """What an operator gives for late values: worked out again when the graph has run.

    If the trace comes to depend on it, that is a question with a guarded answer, or the operands
    are guarded.

    Args:
        _cache: torch's record of a value that is not built yet.
        kind: which trackers the result can have.
        options: what else a tracker takes.
    """

    _nonvar_fields = {"kind", *MadeLater._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, kind: Any, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.kind = kind

    @classmethod
    def of(
        cls,
        operator: Callable[..., Any],
        args: list[VariableTracker],
        example: Any,
        ask: Callable[[], Any],
    ) -> LateResult:
        """What ``operator(*args)`` gives, ``example`` for the values at hand."""
        size = 1 + sum(arg.size for arg in args if type(arg) is LateResult)
        for arg in args:
            if is_late(arg) and type(arg.example) in (int, float):
                # so that it is known to change once it is built
                frame_history.record_number(arg.asked, arg.example)
        source = next(arg.original_source() for arg in args if waits(arg))  # type: ignore[attr-defined]
        operation = _Operation(operator, args, example, ask, size, source)
        result = cls(nowhere(operation), kind=_KINDS[type(example)])
        result.rely_on_type()
        return result

    @property
    def example(self) -> Any:
        """The result for the values at hand."""
        return self._cache.value.example

    @property
    def size(self) -> int:
        """Of how many operations it is made that are put off."""
        return 0 if self.is_realized() else self._cache.value.size

    def rely_on_type(self) -> None:
        """Have the types of the operands guarded, on which that of the result depends."""
        for arg in self._cache.value.args:
            if waits(arg):
                arg.rely_on_type()

    def make(self) -> VariableTracker:
        answer = self._cache.value.ask()
        return self._needed() if answer is None else ConstantVariable.create(answer)

    def _needed(self) -> VariableTracker:
        """The result where it cannot be asked for: of operands that are known, or as it is."""
        tx = InstructionTranslator.current_tx()
        operation: _Operation = self._cache.value
        is_float = self._is_float_that_changes()
        if operation.operator is len or is_float or self._is_worth_a_guard():
            place = self.place()
            if place is not None:
                if is_float:
                    note_change(tx, place, operation.example)
                return build_now(tx, operation.example, place)
        args = [arg.realize() for arg in operation.args]
        result = BuiltinVariable(operation.operator).call_function(tx, args, {})
        return result.realize()

    def _is_float_that_changes(self) -> bool:
        """Whether it is worked out of floats that were seen to change.

        Such a number is an input of the graph by itself, and those that it is made of are none.
        """
        operation: _Operation = self._cache.value
        return type(operation.example) is float and has_float_that_changes(self.leaves())

    def leaves(self) -> Iterator[VariableTracker]:
        """What it is worked out of in the end."""
        for arg in self._cache.value.args:
            if is_result(arg):
                yield from arg.leaves()
            else:
                yield arg

    def _is_worth_a_guard(self) -> bool:
        """Whether it depends on more than one value, and is none of which the graph has symbols.

        The guard on one value costs less.
        """
        operation: _Operation = self._cache.value
        of_one = [is_late(arg) for arg in operation.args if waits(arg)] == [True]
        return type(operation.example) in (bool, str) and not of_one

    def place(self) -> Source | None:
        """Where it is worked out again; None if not all operands come from elsewhere."""
        operation: _Operation = self._cache.value
        return place_of(operation.operator, operation.args)

    def original_value(self) -> Any:
        """The result for the values at hand."""
        return self.example

    def original_source(self) -> Any:
        """Where an operand is: as that is treated, so is the result."""
        return self._cache.value.source

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have the operator called again when the graph has run."""
        if self.is_realized():
            self.realize().reconstruct(codegen)
            return
        operation: _Operation = self._cache.value
        module = operation.operator.__module__.lstrip("_")
        name = operation.operator.__name__
        codegen.add_push_null(lambda: codegen.load_import_from(module, name))
        for arg in operation.args:
            codegen(arg)
        codegen.extend_output(create_call_function(len(operation.args), False))


def is_result(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a result that nothing has depended on yet."""
    return type(tracker) is LateResult and not tracker.is_realized()
