"""Hashes that wait: of one that is only carried, or tested with `is None`, nothing is guarded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable, supported_comparison_ops

from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.bases.tracing.late.working_out import example_of, place_of
from vartrack.compat.instructions import JUMPS, Instructions, jump
from vartrack.compat.making import build_now
from vartrack.visitors.literals import Integers

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["HASHES", "LateHash", "late_hash"]


@dataclass(frozen=True)
class _Unmade:
    """What a `LateHash` is of.

    Attributes:
        of: the value, or a tuple with values in it.
        example: the hash at hand.
        work_out: gives the number, guarded.
    """

    of: VariableTracker
    example: int
    work_out: Callable[[], VariableTracker]


class LateHash(MadeLater):
    """What `hash` gives: taken when the graph has run, unless something depends on it before.

    Args:
        _cache: torch's record of a value that is not built yet.
        options: what else a tracker takes.
    """

    kind = Kind((int,), Integers, (ConstantVariable, SymNodeVariable))
    type_at_hand = int

    @property
    def example(self) -> int:
        """The hash of the value at hand."""
        return self._cache.value.example  # type: ignore[no-any-return]

    def rely_on_type(self) -> None:
        """Nothing: a hash is an int, and that there is one is guarded."""

    def place(self) -> Source | None:
        """Where it is taken again; None if it is not of one value."""
        of = self._cache.value.of
        return of.place_of_hash(_tracer()) if isinstance(of, FoldedVariable) else None

    def original_value(self) -> int:
        """The hash of the value at hand."""
        return self.example

    def original_source(self) -> Any:
        """Where the value is."""
        return self._cache.value.of.source

    def make(self) -> VariableTracker:
        tracker: VariableTracker = self._cache.value.work_out()
        return tracker.realize()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it taken when the graph has run."""
        if self.is_realized():
            self.realize().reconstruct(codegen)
            return
        codegen.add_push_null(lambda: codegen.load_import_from("builtins", "hash"))
        codegen(self._cache.value.of)
        codegen.extend_output(create_call_function(1, False))


def _tracer() -> Any:
    return InstructionTranslator.current_tx()


def late_hash(
    tx: Any, of: VariableTracker, work_out: Callable[[], VariableTracker]
) -> LateHash | None:
    """The hash of ``of`` as one that waits; None if it must be taken now.

    Args:
        tx: the tracer.
        of: a value, or a tuple that the program makes.
        work_out: takes the hash, and has it guarded.
    """
    if not _holds_values(of):
        return None
    parts: list[Any] = []
    return (
        LateHash(nowhere(_Unmade(of, hash(parts[0]), work_out))) if _waits(tx, of, parts) else None
    )


def _holds_values(of: VariableTracker) -> bool:
    """Whether it is a value, or a tuple of literals with a value somewhere in it."""
    if type(of) is TupleVariable and of.source is None:
        return any(_holds_values(item.realize()) for item in of.items)
    return issubclass(type(of), FoldedVariable)


def _waits(tx: Any, of: VariableTracker, found: list[Any]) -> bool:
    """Whether the hash may wait; if so, the value at hand is added to ``found``."""
    if issubclass(type(of), FoldedVariable):
        found.append(of.example)  # type: ignore[attr-defined]
        return bool(of.place_of_hash(tx) is not None and of.hash_waits(tx))  # type: ignore[attr-defined]
    if type(of) is TupleVariable and of.source is None:
        items: list[Any] = []
        found.append(items)
        if not all(_waits(tx, item.realize(), items) for item in of.items):
            return False
        found[-1] = tuple(items)
        return True
    if type(of) is not ConstantVariable:
        return False
    found.append(of.value)
    return True


def _asked(tx: Any, function: Callable[..., Any], operands: list[VariableTracker]) -> bool | None:
    """What a test of a hash gives, guarded instead of the hash; None if it cannot be."""
    if not any(type(each) is LateHash and waits(each) for each in operands):
        return None
    place = place_of(function, operands)
    if place is None:
        return None
    answer = function(*map(example_of, operands))
    return bool(build_now(tx, answer, place).as_python_constant())


def _compared(tx: Any, inst: Any) -> bool:
    """``hash(a) == hash(b)``."""
    op = supported_comparison_ops.get(inst.argval)
    answer = _asked(tx, op, tx.stack[-2:]) if op in (operator.eq, operator.ne) else None
    if answer is None:
        return False
    tx.popn(2)
    tx.push(ConstantVariable.create(answer))
    return True


def _truth(tx: Any, inst: Any) -> bool:
    """``if hash(v):``."""
    answer = _asked(tx, bool, tx.stack[-1:])
    if answer is not None:
        jump(tx, inst, answer)
    return answer is not None


#: What is asked of hashes before torch would have them taken.
HASHES = Instructions(COMPARE_OP=_compared, **dict.fromkeys(JUMPS, _truth))
