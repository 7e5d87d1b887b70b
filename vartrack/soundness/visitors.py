"""Visitors that see what torch's own builder passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.constant import ConstantVariable

from vartrack.visitors.sequences import Deques

if TYPE_CHECKING:
    from collections import deque

    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["VISITORS", "BoundedDeques"]


class BoundedDeques(Deques):
    """Deques, with the ``maxlen`` that torch forgets of one that comes from outside."""

    def tracker(
        self, ctx: BuilderContext, value: deque[Any], children: Any, **options: Any
    ) -> VariableTracker:
        """A deque's tracker that drops items beyond its length."""
        assert self.tracker_class is not None, "inherited"
        return self.tracker_class(children, maxlen=ConstantVariable.create(value.maxlen), **options)


#: What `vartrack.sound` has in the place of visitors of the stock registry.
VISITORS = (BoundedDeques,)
