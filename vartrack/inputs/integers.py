"""Which ints are constants and which become symbols, before automatic dynamic has its say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._dynamo.source import is_from_defaults
from torch._dynamo.utils import is_int_specialization_case
from torch._dynamo.variables.constant import ConstantVariable
from torch.fx.experimental.symbolic_shapes import DimDynamic

from vartrack.compat import shared, spec_wiring
from vartrack.compat.behaviour import FIRST_LIST_WINS
from vartrack.compat.names import UNBACKED, IntVar
from vartrack.core.input_errors import InputError, text
from vartrack.inputs import numbers
from vartrack.shapes import frame_history, reasons, shape_specs, source_lists

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["SPECIALIZED", "UNDECIDED", "Treatment", "treatment"]

_MODULE_INT_HINT = (
    "An int attribute of an nn.Module is a constant to torch.compile. If it changes between calls, "
    "set torch._dynamo.config.allow_unspec_int_on_nn_module = True, or keep it in a tensor."
)


@dataclass(frozen=True)
class Treatment:
    """What becomes of an int, and why.

    Attributes:
        why: the rule that decided, in words.
        build: makes the tracker.
    """

    why: str
    build: Callable[[BuilderContext, int], VariableTracker]


def treatment(ctx: BuilderContext, value: int) -> Treatment:
    """The first rule that decides about ``value``; `UNDECIDED` if none does."""
    found = _treatment(ctx, value)
    if found is not UNDECIDED:
        reasons.note_number(ctx, found.why)
    elif config.specialize_int:
        reasons.note_number(ctx, "config.specialize_int is on")
    return found


def _treatment(ctx: BuilderContext, value: int) -> Treatment:
    if shared.shapes_spec() is not None:
        return _BY_SPEC
    listed = _listed(ctx.source.name, value)  # type: ignore[union-attr]
    if listed is not None:
        return listed
    if not config.specialize_int and is_int_specialization_case(value, ctx.source):
        return SPECIALIZED
    return UNDECIDED


def _listed(name: str, value: int) -> Treatment | None:
    """What the lists in ``torch.compiler.config`` say, in this release's order."""
    if source_lists.is_static_source(name):
        return _STATIC_SOURCE
    if source_lists.is_dynamic_source(name):
        return _LISTED_SOURCE
    listed_value = source_lists.is_dynamic_value(value)
    if listed_value and not FIRST_LIST_WINS:
        return _LISTED_VALUE
    if source_lists.is_unbacked_source(name):
        return _UNBACKED_SOURCE
    if listed_value:
        return _LISTED_VALUE
    return None


def _constant(ctx: BuilderContext, value: int) -> VariableTracker:
    return numbers.constant(ctx, value)


def _dynamic(ctx: BuilderContext, value: int) -> VariableTracker:
    return numbers.symbolic_int(ctx, value, DimDynamic.DYNAMIC)


def _unbacked(ctx: BuilderContext, value: int) -> VariableTracker:
    return numbers.symbolic_int(ctx, value, UNBACKED)


def _specialized(ctx: BuilderContext, value: int) -> VariableTracker:
    """A constant for now; automatic dynamic hears of it, and the guard says how to undo it."""
    source: Any = ctx.source
    origin = source.guard_source
    of_module = origin.is_unspecialized_nn_module()
    frame_history.record_number(ctx, value)
    hinted = of_module or origin.is_unspecialized_builtin_nn_module()
    reasons.note_number(ctx, _why_specialized(source))
    ctx.guard("EQUALS_MATCH", recompile_hint=_MODULE_INT_HINT if hinted else None)
    return ConstantVariable.create(value, source=source)


def _why_specialized(source: Any) -> str:
    if not source.guard_source.is_local():
        return "an int that is no argument is a constant"
    if is_from_defaults(source):
        return "the default of an argument is a constant"
    return "an int of a module is a constant (config.allow_unspec_int_on_nn_module)"


def _by_spec(ctx: BuilderContext, value: int) -> VariableTracker:
    spec = shape_specs.of_source(ctx.source)
    if spec is None:
        reasons.note_number(ctx, "the shapes spec says nothing about it")
        return _constant(ctx, value)
    name = ctx.source.name  # type: ignore[union-attr]
    if isinstance(spec, int):
        if spec != value:
            raise InputError(
                text(
                    f"the shapes spec declares {name} to be {spec}, but it is {value}",
                    "An int in a shapes spec is a demand.",
                    f"Pass {spec}, or put None (any value, compiled for each) or an IntVar "
                    f"(one compile for all) in the spec of {name}.",
                )
            )
        return _constant(ctx, value)
    if isinstance(spec, (IntVar, torch.SymInt)):
        tracker = _unbacked(ctx, value)
        spec_wiring.tie(spec, tracker.sym_num)  # type: ignore[attr-defined]
        return tracker
    raise InputError(
        text(
            f"the shapes spec for {name} is {spec!r}",
            f"{name} is the int {value}.",
            f"Put None, an int, an IntVar or an expression of some in the spec of {name}.",
        )
    )


_BY_SPEC = Treatment("the shapes spec has it so", _by_spec)
_STATIC_SOURCE = Treatment("its source is in torch.compiler.config.static_sources", _constant)
_LISTED_SOURCE = Treatment("its source is in torch.compiler.config.dynamic_sources", _dynamic)
_LISTED_VALUE = Treatment("its value is in torch.compiler.config.dynamic_values", _dynamic)
_UNBACKED_SOURCE = Treatment("its source is in torch.compiler.config.unbacked_sources", _unbacked)
#: The rule for an int of a module or a global; it becomes no symbol, even if it changes.
SPECIALIZED = Treatment("an int from such a source is a constant", _specialized)
#: No rule decides; the int may stay lazy, and automatic dynamic is asked when it is used.
UNDECIDED = Treatment("no rule decides before it is used", _constant)
