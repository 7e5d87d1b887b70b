"""Items of lists that are replaced: `cache[layer] = keys`, `sizes[0] += 1`.

Which one it is makes no difference to the graph, as long as there is one, nor do the others.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.held import is_built, item_before
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.grown import GrownList, number_of
from vartrack.extras.thrift.unread.varying import place_of_varying

__all__ = ["item_beside", "put_at"]


def _place_of(index: Any) -> Any:
    """Where an index is that varies, or the number that it is; None if it is neither."""
    place = place_of_varying(index, (int,))
    return number_of(index) if place is None else place


def put_at(tx: Any, container: Any, index: Any, item: VariableTracker) -> bool:
    """Note ``container[index] = item`` of a list, if that can be done without reading it.

    Returns:
        Whether it was noted.
    """
    is_whole = is_late(container) and type(container.example) is list
    known: Any = container.unwrap()
    if not is_whole and (type(known) is not GrownList or known.is_emptied):
        return False
    if is_stored(tx) or (is_whole and is_built(container)):
        return False
    place = _place_of(index)
    if place is None:
        return False
    count = len(container.example) if is_whole else len(known.before) + known.more
    if not -count <= example_of(index) < count:
        return False
    if is_whole:
        GrownList.take(tx, container)
    known = container.unwrap()
    count_at = "len({0}) + {2}"
    within = worked_out(
        f"(-({count_at}) <= {{1}} < {count_at})",
        "vartrack.is_index",
        (known.source, place, known.more),
    )
    install_guard(within.make_guard(GuardBuilder.CONSTANT_MATCH))
    known.replace(tx, index, item)
    return True


def item_beside(tx: Any, known: GrownList, index: Any) -> VariableTracker | None:
    """An item of a list in which others were replaced; None if it is not certain which it is."""
    place = _place_of(index)
    if place is None:
        return None
    for last, item in reversed(known.replaced):
        other = _place_of(last)
        if other == place:
            return item
        if not _are_apart(place, other):
            return None
    if not known.is_only_replaced or not -len(known.before) <= place < len(known.before):
        return None
    return item_before(tx, known.place, known.asked, place)


def _are_apart(one: Any, other: Any) -> bool:
    """Whether it is certain that two indexes are of two items: both from the same end."""
    return type(one) is type(other) is int and (one < 0) is (other < 0)
