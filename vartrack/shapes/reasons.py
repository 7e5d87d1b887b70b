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

from vartrack.compat.names import UNBACKED
from vartrack.core.recording import Dimension
from vartrack.shapes.shape_policy import RULES, Decision, Facts, decide, reasons

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.core.context import BuilderContext

__all__ = ["note_decisions", "note_kinds", "note_number", "note_tensor", "why", "words"]


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


def note_decisions(
    tx: Any, source: Source, facts: Sequence[Facts], decisions: Sequence[Decision]
) -> None:
    """Note what was decided for the tensor at ``source``, before its symbols are known."""
    record = _current(tx, source)
    if record is not None:
        record.dimensions = [
            Dimension(
                "",
                _KINDS[decision.size],
                words(decision.size_constraint),
                why(known),
                "dynamic" if decision.stride is DimDynamic.DYNAMIC else "",
            )
            for known, decision in zip(facts, decisions, strict=True)
        ]


def note_kinds(tx: Any, source: Source, kinds: Sequence[Any], whys: Sequence[str]) -> None:
    """Note the kinds of sizes that the policy was not asked about."""
    record = _current(tx, source)
    if record is not None:
        record.dimensions = [
            Dimension("", _KINDS[kind], "", each) for kind, each in zip(kinds, whys, strict=True)
        ]


def why(facts: Facts) -> str:
    """Why a size becomes what the policy decides by ``facts``, in words."""
    found = reasons(facts)
    told = "; also ".join(RULES[rule].words for rule in found)
    # what a rule would have dynamic can be unbacked by this setting
    if decide(facts).size is not RULES[found[0]].kind:
        told += ", and config.automatic_dynamic_shapes_mark_as is 'unbacked'"
    return told


def note_tensor(tx: Any, source: Source, fake: Any, static_why: str) -> None:
    """Note the sizes that it has in the graph.

    Args:
        tx: the tracer.
        source: where the tensor came from.
        fake: what it became.
        static_why: why the whole of it has to be static, "" if it has not.
    """
    record = _current(tx, source)
    if record is None:
        return
    if record.source != source.name:
        # what an array was converted to was built first, and with it this was decided
        record.dimensions = tx.output.vartrack_compile.recorder.dimensions_of(source.name)
        return
    record.dimensions = [
        _with_size(dimension, size, static_why)
        for dimension, size in zip(record.dimensions, fake.size(), strict=True)
    ]


def _with_size(decided: Dimension, size: Any, static_why: str) -> Dimension:
    kind, why = decided.kind, decided.why
    if isinstance(size, int) and kind != "static":
        # torch has no symbol for a size of 0 or 1, nor for a range of one number
        first = f"a size of {size} is a constant" if size in (0, 1) else f"it can only be {size}"
        kind, why = "static", f"{first}; else {kind}: {why}"
    elif is_nested_int(size):
        kind = "ragged"
    if static_why:
        why = why.replace(RULES["must_be_static"].words, static_why)
    return Dimension(str(size), kind, decided.constraint, why, decided.stride)


_KINDS = {
    DimDynamic.STATIC: "static",
    DimDynamic.DYNAMIC: "dynamic",
    UNBACKED: "unbacked",
    DimDynamic.DUCK: "duck",
}


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
