"""Items of lists that are replaced at indexes that vary: `cache[layer] = keys`.

Which one it is makes no difference to the graph, as long as there is one.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.exporting import is_stored
from vartrack.core.worked_out import worked_out
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.grown import GrownList
from vartrack.extras.thrift.unread.varying import place_of_varying

__all__ = ["put_at", "replaced_at"]


_INDEX = (int,)


def put_at(tx: Any, container: Any, index: Any, item: VariableTracker) -> bool:
    """Note ``container[index] = item`` of a list, if that can be done without reading it.

    Returns:
        Whether it was noted.
    """
    is_whole = is_late(container) and type(container.example) is list
    known: Any = container.unwrap()
    if not is_whole and (type(known) is not GrownList or known.is_emptied):
        return False
    place = (
        None
        if is_stored(tx) or (is_whole and is_built(container))
        else place_of_varying(index, _INDEX)
    )
    if place is None:
        return False
    count = len(container.example) if is_whole else len(known.before) + known.more
    if not 0 <= example_of(index) < count:
        return False
    if is_whole:
        GrownList.take(tx, container)
    known = container.unwrap()
    within = worked_out(
        "(0 <= {1} < len({0}) + {2})", "vartrack.is_index", (known.source, place, known.more)
    )
    install_guard(within.make_guard(GuardBuilder.CONSTANT_MATCH))
    known.replace(tx, index, item)
    return True


def replaced_at(known: GrownList, index: Any) -> VariableTracker | None:
    """What was put at ``index`` last; None if it is not certain that it is there."""
    last, item = known.replaced[-1]
    place = place_of_varying(index, _INDEX)
    return item if place is not None and place == place_of_varying(last, _INDEX) else None
