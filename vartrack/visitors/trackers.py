"""Trackers as values: what is one already stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourceless
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.core.compile import Compile
    from vartrack.core.protocol import Tracer


class Trackers(Sourceless, Visitor):
    """Trackers, which stay as they are."""

    one_half = "a tracker is never a value of the program"
    types = (VariableTracker,)

    @staticmethod
    def _made(tx: Tracer, compile: Compile, value: VariableTracker) -> VariableTracker:
        return value

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        return value
