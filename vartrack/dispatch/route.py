"""`Route`: what one type resolves to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.compat.names import LAZY
from vartrack.core import diagnostics

if TYPE_CHECKING:
    from collections.abc import Callable

    from vartrack.core.context import BuilderContext
    from vartrack.core.made import Make
    from vartrack.core.visitor import Visitor

__all__ = ["Route"]


class Route:
    """The visitors that may take a value of one type: tested ones in order, then a last one.

    Attributes:
        tests: visitors with a ``when``, in the order they are asked.
        visitor: the one that takes the value if no test matched; None if nothing does.
        half: ``"visit_sourced"`` or ``"visit_sourceless"``.
        made: makes the tracker of every value of the type, where no visitor has more to do.
    """

    __slots__ = ("_last", "_tests", "half", "made", "tests", "visitor")

    def __init__(self, tests: tuple[Visitor, ...], visitor: Visitor | None, half: str) -> None:
        self.tests = tests
        self.visitor = visitor
        self.half = half
        self._tests: tuple[tuple[Callable[[Any], bool], Any, Visitor], ...] = tuple(
            (test.when, getattr(test, half), test)  # type: ignore[misc]
            for test in tests
        )
        self._last = None if visitor is None else getattr(visitor, half)
        self.made: Make | None = None
        if half == "visit_sourceless" and not tests:
            self.made = getattr(visitor, "_made", None)

    def pick(self, value: Any) -> Visitor | None:
        """The visitor that takes ``value``; None if there is none."""
        for when, _, visitor in self._tests:
            if when(value):
                return visitor
        return self.visitor

    def visit(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        """Have the right visitor build ``value``.

        Raises:
            Unsupported: torch's graph break, also for a visitor that fails (see `failures`).
        """
        visitor, visit = self.visitor, self._last
        try:
            for when, test_visit, test in self._tests:
                visitor = test
                ctx.found = when(value)
                if ctx.found:
                    visit = test_visit
                    break
            else:
                visitor = self.visitor
                if visit is None:
                    diagnostics.no_visitor(ctx, value)
            ctx.visitor = visitor
            tracker = visit(ctx, value)
            if not ctx.allow_lazy_constant and issubclass(type(tracker), LAZY):
                # asked for by a lazy tracker that realizes itself: another would only ask again
                tracker = tracker.realize()
        except diagnostics.PASSED_ON:
            raise
        except Exception as error:
            diagnostics.visitor_raised(ctx, value, visitor, error)
        if not issubclass(type(tracker), VariableTracker):
            diagnostics.not_a_tracker(ctx, value, visitor, tracker)
        return tracker

    def __repr__(self) -> str:
        names = [f"{test.name}?" for test in self.tests]
        return f"<route {' -> '.join([*names, getattr(self.visitor, 'name', 'nothing')])}>"
