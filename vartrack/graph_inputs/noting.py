"""Writes down why inputs are static or dynamic, while somebody is looking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import NumpyTensorSource
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    RelaxedUnspecConstraint,
    StrictMinMaxConstraint,
    is_nested_int,
)
from torch.utils._sympy.numbers import int_oo

from vartrack.graph_inputs.shape_policy import Decision
from vartrack.recording import Dimension

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.context import BuilderContext

__all__ = ["note_decisions", "note_number", "note_tensor", "words"]


def note_number(ctx: BuilderContext, why: str) -> None:
    """Note why the number that ``ctx`` builds is a constant or a symbol."""
    recorder = ctx.compile.recorder
    if recorder is not None and recorder.current is not None:
        recorder.current.why = why


def _current(tx: Any, source: Source) -> Any:
    """The record of the tensor at ``source``, if that is what is being built and written down."""
    compile = getattr(tx.output, "vartrack_compile", None)
    if compile is None or compile.recorder is None or compile.recorder.current is None:
        return None
    of = source.base if isinstance(source, NumpyTensorSource) else source
    record = compile.recorder.current
    # the base of a view, say, is no value of its own
    return record if record.source in (of.name, source.name) else None


def note_decisions(tx: Any, source: Source, decisions: Sequence[Decision]) -> None:
    """Note what was decided for the tensor at ``source``, before its symbols are known."""
    record = _current(tx, source)
    if record is not None:
        record.dimensions = [
            Dimension("", _KINDS[each.size], words(each.size_constraint), each.why, _stride(each))
            for each in decisions
        ]


def note_tensor(tx: Any, source: Source, fake: Any, static_why: str) -> None:
    """Note the sizes that it has in the graph.

    Args:
        tx: the tracer.
        source: where the tensor came from.
        fake: what it became.
        static_why: why the whole of it has to be static, "" if it has not.
    """
    record = _current(tx, source)
    if record is not None:
        record.dimensions = [
            _with_size(dimension, size, static_why)
            for dimension, size in zip(record.dimensions, fake.size(), strict=True)
        ]


def _with_size(decided: Dimension, size: Any, static_why: str) -> Dimension:
    kind, why = decided.kind, decided.why
    if isinstance(size, int) and kind != "static":
        # torch has no symbol for a size of 0 or 1, nor for a range of one number
        kind, why = "static", f"a size of {size} is a constant; else {kind}: {why}"
    elif static_why and kind == "static":
        why = static_why
    elif is_nested_int(size):
        kind = "ragged"
    return Dimension(str(size), kind, decided.constraint, why, decided.stride)


_KINDS = {
    DimDynamic.STATIC: "static",
    DimDynamic.DYNAMIC: "dynamic",
    DimDynamic.UNBACKED: "unbacked",
    DimDynamic.DUCK: "duck",
}


def _stride(decision: Decision) -> str:
    return "dynamic" if decision.stride is DimDynamic.DYNAMIC else ""


def words(constraint: Any) -> str:
    """What must stay true of a size, in words; "" if nothing must."""
    if isinstance(constraint, RelaxedUnspecConstraint):
        return "" if constraint.warn_only else "more than one value, or compiling fails"
    if not isinstance(constraint, StrictMinMaxConstraint):
        return ""
    low, high = constraint.vr.lower, constraint.vr.upper
    bounds = [f"from {low}"] if low != -int_oo else []
    bounds += [f"to {high}"] if high != int_oo else []
    told = f"exactly {low}" if low == high else " ".join(bounds) or "any"
    return f"{told} at first" if constraint.warn_only else f"{told}, or compiling fails"
