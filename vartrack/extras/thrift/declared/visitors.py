"""Visitors that note what is declared of a value, and leave the value to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.guards import GuardBuilder

from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.extras.thrift.declared import debugging
from vartrack.extras.thrift.declared.places import DYNAMIC, FROZEN
from vartrack.extras.thrift.declared.table import EVERYWHERE, Declarations
from vartrack.visitors.known_functions import DataclassFields

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext
    from vartrack.dispatch.registry import Registry

__all__ = ["Declared", "DeclaredEverywhere", "add_first"]


class Declared(Sourced, Visitor, abstract=True):
    """Values of which something is declared: attributes that change, or that nothing ever does."""

    one_half = "a value that was made while tracing has no guards that could be spared"
    unguarded = "the visitor that is asked next guards it"
    types = (object,)
    declarations: ClassVar[Declarations] = EVERYWHERE

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        names = self.declarations.dynamic(value)
        if names:
            places = ctx.compile.notes.setdefault(DYNAMIC, {})
            place = ctx.source.name  # type: ignore[union-attr]
            places[place] = places.get(place, frozenset()) | names
        if debugging.is_watched(value):
            debugging.look(value)
        elif self.declarations.is_frozen(value):
            frozen = ctx.compile.notes.setdefault(FROZEN, {})
            if ctx.source not in frozen:
                frozen[ctx.source] = ctx.source.make_guard(GuardBuilder.ID_MATCH)  # type: ignore[union-attr]
        return self._by_the_next(ctx, value)

    def _by_the_next(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """What the visitor makes of ``value`` that is asked after this one."""
        route = ctx.compile.sourced[type(value)]
        tests = route.tests
        for test in tests[tests.index(self) + 1 :]:
            assert test.when is not None, "a test has one"
            ctx.found = test.when(value)
            if ctx.found:
                ctx.visitor = test
                return test.visit_sourced(ctx, value)  # type: ignore[attr-defined,no-any-return]
        ctx.visitor = route.visitor
        assert route.visitor is not None, "there is one for any object"
        return route.visitor.visit_sourced(ctx, value)  # type: ignore[attr-defined,no-any-return]


def add_first(registry: Registry, visitor: type[Declared]) -> None:
    """Register ``visitor`` to be asked before all others."""
    placed = DataclassFields in registry.order.sourced
    registry.register(visitor, before=DataclassFields if placed else None)


class DeclaredEverywhere(Declared):
    """Values of which something is declared without naming a registry."""

    types = (object,)

    @staticmethod
    def when(value: Any) -> bool:
        """Whether anything is."""
        return EVERYWHERE.is_used and EVERYWHERE.is_named(value)
