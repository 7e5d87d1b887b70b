"""Trackers as values: what is one already stays as it is."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourceless
from vartrack.core.visitor import Visitor


class Trackers(Sourceless, Visitor):
    """Trackers, which stay as they are."""

    one_half = "a tracker is never a value of the program"
    types = (VariableTracker,)

    @staticmethod
    def _direct(value: VariableTracker) -> VariableTracker:  # type: ignore[override]
        return value

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return value
