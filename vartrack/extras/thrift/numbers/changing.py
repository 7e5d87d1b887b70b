"""Numbers that change: symbols after their first change, wherever they are kept."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, get_verbose_code_parts, install_guard
from torch._dynamo.source import GlobalSource
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.numbers.methods import METHODS
from vartrack.compat import shared
from vartrack.extras.thrift.declared.places import frozen_place, is_declared_dynamic
from vartrack.extras.thrift.late import settings
from vartrack.extras.thrift.late.changes import is_noted
from vartrack.extras.thrift.numbers import (
    bare,
    beside_tensors,
    counts,
    doubles,
    scaled,
    smallest,
    unused,
    written,
)
from vartrack.extras.thrift.worked_out import floats, in_order, lookups, mathematics
from vartrack.inputs import integers, numbers, value_numbers
from vartrack.shapes import frame_history
from vartrack.visitors import literals

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Guard, Source

    from vartrack.core.context import BuilderContext
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrapping.wrappers import Table
    from vartrack.extras.thrift.numbers.bare import Use

__all__ = ["HOOKS", "VISITORS", "Floats", "Integers"]


class Integers(literals.Integers):
    """An int of a module or a global is a symbol once it changed, as one that is an argument is."""

    def visit_sourced(self, ctx: BuilderContext, value: int) -> VariableTracker:
        treatment = integers.treatment(ctx, value)
        if treatment is integers.SPECIALIZED and _may_change(ctx):
            treatment = integers.UNDECIDED
        if treatment is not integers.UNDECIDED:
            return treatment.build(ctx, value)
        value_numbers.met(ctx.compile, ctx.source)
        return super(literals.Integers, self).visit_sourced(ctx, value)

    def realized(self, ctx: BuilderContext, value: int) -> VariableTracker:
        """The tracker once laziness is over."""
        if frozen_place(ctx.compile, ctx.source) is not None:
            return numbers.constant(ctx, value)
        if _is_known_to_change(ctx):
            frame_history.mark_changed(ctx)
        return written.note_constant(ctx, super().realized(ctx, value))


def _is_known_to_change(ctx: BuilderContext) -> bool:
    """Whether a number is a symbol from the first compile on."""
    place = ctx.source
    return is_noted(ctx.compile, place) or is_declared_dynamic(ctx.compile, place)


def _may_change(ctx: BuilderContext) -> bool:
    """Whether an int that torch takes for a constant is one that programs change.

    Those of torch's own modules say how a layer is made, or where torch stands, as in a derivative
    of which order. An exported program has no inputs besides its arguments.
    """
    source: Source = ctx.source  # type: ignore[assignment]
    if is_declared_dynamic(ctx.compile, source):
        return not ctx.tx.export
    if source.guard_source.is_unspecialized_builtin_nn_module() or _is_global_of_torch(ctx):
        return False
    return not ctx.tx.export


def _is_global_of_torch(ctx: BuilderContext) -> bool:
    """Whether it is a global of a function of torch's."""
    module = getattr(ctx.source, "base", None)
    if not isinstance(module, GlobalSource):
        return False
    output: Any = ctx.tx.output
    imported: str = output.import_sources.get(module.global_name, "")
    return imported.partition(".")[0] == "torch"


class Floats(literals.Floats):
    """A float is a symbol once it changed, unless it is zero, nan or infinite.

    What torch works out of a symbol does not hold for these. A symbol of which it works out nothing
    may come to be zero or infinite, and one that changes may be zero at first.
    """

    def realized(self, ctx: BuilderContext, value: float) -> VariableTracker:
        """The tracker once laziness is over."""
        if frozen_place(ctx.compile, ctx.source) is not None:
            return numbers.constant(ctx, value)
        if _is_known_to_change(ctx):
            frame_history.mark_changed(ctx)
        if _is_plain(value):
            return self._unless_fixed(ctx, value, PLAIN_FLOAT)
        # so that a change is seen when it comes
        changes = frame_history.turned_dynamic(frame_history.record_number(ctx, value))
        if changes and _is_positive_zero(value) and not bare.is_fixed(ctx):
            return self._unless_fixed(ctx, value, POSITIVE_ZERO)
        if value == 0.0:
            negative = math.copysign(1.0, value) < 0
            ctx.guard("TYPE_MATCH")
            install_guard(ctx.source.make_guard(NEGATIVE_ZERO if negative else POSITIVE_ZERO))
        return written.note_constant(ctx, numbers.constant(ctx, value))

    def _unless_fixed(
        self, ctx: BuilderContext, value: float, kind: Callable[..., None]
    ) -> VariableTracker:
        """A symbol if the number changes, with a guard of ``kind`` where that counts."""
        value_numbers.met(ctx.compile, ctx.source)
        tracker = super().realized(ctx, value)
        if isinstance(tracker, SymNodeVariable):
            use = bare.use_of(ctx, tracker, value)
            install_guard(ctx.source.make_guard(functools.partial(kind, use=use)))
        elif not value:  # a constant, which is equal to the other zero
            install_guard(ctx.source.make_guard(kind))
        return written.note_constant(ctx, tracker)


def _is_plain(value: float) -> bool:
    """Whether a float is neither zero nor nan nor infinite."""
    return value - value == 0.0 != value


def _is_positive_zero(value: float) -> bool:
    return value == 0.0 and math.copysign(1.0, value) > 0


def _is_negative_zero(value: float) -> bool:
    return value == 0.0 and math.copysign(1.0, value) < 0


def _kind_of_float(name: str, is_so: Callable[[float], bool]) -> Callable[..., None]:
    """A kind of guard: compiled code asks ``is_so`` of a float."""

    def create(builder: GuardBuilder, guard: Guard, *, use: Use | None = None) -> None:
        output: Any = builder.check_fn_manager.output_graph
        if use is not None and not use.needs_guard(output.shape_env):
            return
        code = f"{is_so.__name__.lstrip('_')}({builder.arg_ref(guard)})"
        guard.set_export_info(name, None, [code], None)
        builder.get_guard_manager(guard).add_lambda_guard(
            is_so, get_verbose_code_parts(code, guard), *shared.stack_of(guard)
        )

    create.__name__ = name
    return create


PLAIN_FLOAT = _kind_of_float("PLAIN_FLOAT", _is_plain)
POSITIVE_ZERO = _kind_of_float("POSITIVE_ZERO", _is_positive_zero)
NEGATIVE_ZERO = _kind_of_float("NEGATIVE_ZERO", _is_negative_zero)


#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = (Integers, Floats, counts.Counts, *settings.VISITORS)

#: What it puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = (
    *written.HOOKS,
    *scaled.HOOKS,
    *smallest.HOOKS,
    *unused.HOOKS,
    *doubles.HOOKS,
    *bare.HOOKS,
    *beside_tensors.HOOKS,
    *lookups.HOOKS,
    *mathematics.HOOKS,
    *floats.HOOKS,
    *in_order.HOOKS,
    METHODS,
)
