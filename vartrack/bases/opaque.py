"""`OpaqueVisitor`: objects that a graph carries along and never looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.objects.opaque_variable import OpaqueVariable
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["OpaqueVariable", "OpaqueVisitor"]


class OpaqueVisitor(Sourced, Visitor, abstract=True):
    """For objects that are only carried through: no guard, and any use breaks the graph.

    Set ``types``. The object is passed on, stored in containers and returned as it is, and another
    object at the next call needs no other graph. ``is None``, ``isinstance``, ``type`` and
    ``callable`` work; they put a guard on the type, no more. So do ``is``, ``hasattr``, and where
    the class leaves that to who it is ``==`` and being a key, with a guard on the answer.

    .. versionadded:: 0.1
    """

    one_half = "an opaque object comes from outside"
    unguarded = "nothing about it is looked at"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return OpaqueVariable(type(value), value, **options)
