"""Values of which torch forgets a part: a length, attributes, which object they are, their type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.variables.constant import ConstantVariable
from torch.fx.experimental.sym_node import DynamicInt

from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.noting.ledger import current
from vartrack.visitors.known_objects import WeakReferences
from vartrack.visitors.sequences import Deques
from vartrack.visitors.symbols import DynamicScalars, ExportedIntegers
from vartrack.visitors.wrapped_functions import CachedFunctions

if TYPE_CHECKING:
    from collections import deque

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "BoundedDeques",
    "DynamicScalarsByType",
    "IntegersOfExport",
    "WeakReferencesThemselves",
    "WrittenCaches",
]


class WrittenCaches(CachedFunctions):
    """What `functools.lru_cache` gives; torch forgets the attributes that it is given."""

    tracked = "existing"


class BoundedDeques(Deques):
    """Deques, with the ``maxlen`` that torch forgets of one that comes from outside."""

    def tracker(
        self, ctx: BuilderContext, value: deque[Any], children: Any, **options: Any
    ) -> VariableTracker:
        """A deque's tracker that drops items beyond its length."""
        assert self.tracker_class is not None, "inherited"
        return self.tracker_class(children, maxlen=ConstantVariable.create(value.maxlen), **options)


class WeakReferencesThemselves(WeakReferences):
    """Weak references; torch gives one the place of what it refers to, and so that for it."""

    def tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        """The tracker, with the place of the reference."""
        tracker = super().tracker(ctx, value, children, **options)
        tracker.source = ctx.source
        return tracker


class IntegersOfExport(ExportedIntegers):
    """What ``torch.export`` wraps an int in; anywhere else it is an object like any other."""

    @staticmethod
    def when(value: Any) -> bool:
        """Whether it is that."""
        return torch.compiler.is_exporting()


class DynamicScalarsByType(DynamicScalars):
    """``DynamicInt``, of which torch guards no more than what the program asks of the number."""

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """The tracker, and that a number stands there."""
        ledger, name = current(), name_of(ctx.source)
        if ledger is not None and name is not None and ledger.holds("values"):
            text = f"that {name} is an int"
            ledger.sourced.asked("values", text, text, [ctx.source], _without_wish)
        tracker = super().visit_sourced(ctx, value)
        if ledger is not None and type(value) is DynamicInt:
            ledger.wishing |= tracker.sym_num.node.expr.free_symbols  # type: ignore[attr-defined]
        return tracker


def _without_wish(value: Any) -> type:
    """The type of a value, where an int may wish to be a symbol."""
    return int if type(value) is DynamicInt else type(value)
