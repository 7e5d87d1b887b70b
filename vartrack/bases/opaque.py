"""`OpaqueVisitor`: objects that a graph carries along and never looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.folding import refuse
from vartrack.halves import Sourced
from vartrack.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.context import BuilderContext

__all__ = ["OpaqueVariable", "OpaqueVisitor"]


class OpaqueVariable(VariableTracker):
    """Can be passed on, stored and returned. Any other use breaks the graph."""

    def __init__(self, cls: type, **options: Any) -> None:
        super().__init__(**options)
        self.cls = cls

    def python_type(self) -> type:
        return self.cls

    def use(self, what: str) -> Any:
        """Break the graph because the traced code does ``what`` with the object."""
        refuse(
            f"{self.cls.__module__}.{self.cls.__qualname__}",
            f"is opaque, but the function uses it ({what})",
            "Use it outside the compiled function.",
            "To have it looked into, register another kind of visitor for its type.",
        )

    def var_getattr(self, tx: Any, name: str) -> VariableTracker:
        return self.use(f"attribute {name}")

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        return self.use(f"hasattr {name}")

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        return self.use(f"method {name}")

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.use("a call")

    def richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        return self.use(f"comparison {op}")

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        return self.use("hash")

    def bool_impl(self, tx: Any) -> VariableTracker:
        return self.use("bool")


class OpaqueVisitor(Sourced, Visitor, abstract=True):
    """For objects that are only carried through: no guard, and any use breaks the graph.

    .. versionadded:: 0.1
    """

    one_half = "an opaque object comes from outside"
    unguarded = "nothing about it is looked at"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return OpaqueVariable(type(value), **options)
