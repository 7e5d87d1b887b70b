"""`Reasons`: why Dynamo ended graphs early, whole, where its own list has a keyword only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._guards import TracingContext

from vartrack.compat import behaviour
from vartrack.explanation.compiles.seen import Stop
from vartrack.explanation.wording.places import Place, place_of, places_of

__all__ = ["Reasons"]


class Reasons(Counter[str]):
    """Counts reasons as Dynamo's own counter does, and keeps where each came up.

    Args:
        before: what Dynamo has counted until now.
    """

    def __init__(self, before: Counter[str] | None = None) -> None:
        super().__init__(before)
        self.places: dict[Place, str] = {}

    def __setitem__(self, reason: str, count: int) -> None:
        if count > self[reason]:
            place = _place()
            if place is not None:
                self.places[place] = reason
        super().__setitem__(reason, count)

    def hooks(self) -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
        """What is to be replaced so that reasons which Dynamo does not count are kept as well."""
        if not behaviour.COUNTS_BRANCHES:
            yield InstructionTranslatorBase, "log_graph_break", self._logging

    def _logging(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def log(tracer: Any, options: Any, reason: str = "", *args: Any, **kwargs: Any) -> None:
            place = _place()
            if place is not None:
                self.places.setdefault(place, reason)
            original(tracer, options, reason, *args, **kwargs)

        return log

    def stop(self, entry: Any) -> Stop:
        """What one entry of Dynamo's list of graph breaks says, with the full reason."""
        places = places_of(entry.user_stack or ())
        reason = entry.reason
        if "\n" not in reason and places:
            reason = self.places.get(places[-1], reason)
        return Stop(reason, tuple(places))


def _place() -> Place | None:
    return place_of(TracingContext.extract_stack()) if TracingContext.try_get() else None
