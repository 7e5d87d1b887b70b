"""Values of types written in C, whose comparisons torch evaluates while tracing."""

from __future__ import annotations

import enum
import operator
from types import FunctionType
from typing import Any

from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.classes import find
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import name_of

__all__ = ["WATCHERS"]


def _compared(
    ledger: Ledger, result: Any, tracker: Any, tx: Any, other: Any, name: str, *_: Any
) -> None:
    """``value < other``: the real values were compared, and the answer kept."""
    source = name_of(tracker.source)
    found = find(type(tracker.value), name)
    in_c = found is not None and found[0] is not object and type(found[1]) is not FunctionType
    if isinstance(tracker.value, enum.Enum):
        return  # which member it is has a guard of torch's
    if source is None or not in_c or not result.is_python_constant():
        return
    if getattr(tracker, "_base_vt", None) is not None or not isinstance(
        result.as_python_constant(), bool
    ):
        return  # it is made of parts that have guards, or the other one is asked
    compare = getattr(operator, name)
    if (beside := name_of(other.source)) is not None:
        sources, given = [tracker.source, other.source], []
    elif other.is_python_constant():
        sources, given = [tracker.source], [other.as_python_constant()]
        beside = repr(given[0])
    else:
        return

    def ask(*values: Any) -> Any:
        return compare(*values, *given)

    text = f"what {name} of {source} and {beside} gives"
    ledger.sourced.asked("values", (name, source, beside), text, sources, ask)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, hook_name("tp_richcompare_impl"), "values", after=_compared),
)
