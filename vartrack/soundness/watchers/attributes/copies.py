"""`copy.copy` and `copy.deepcopy`: torch copies the `__dict__` of an object, and nothing else."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserMethodVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.mappings.mapping_variable import MappingVariable
from vartrack.bases.tracing.objects import reducing
from vartrack.compat import behaviour
from vartrack.compat.names import reduce_ex
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_REDUCE = "__reduce_ex__"


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    reduced = _reduced(ledger, tracker, tx) if name == _REDUCE else None
    return own(tracker, tx, name, args, kwargs) if reduced is None else reduced


def _bound(ledger: Ledger, own: Any, method: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """The same in 2.12, where torch binds a function of its own to the object."""
    reduced = _reduced(ledger, method.obj, tx) if method.fn is reduce_ex else None
    return own(method, tx, args, kwargs) if reduced is None else reduced


def _reduced(ledger: Ledger, tracker: Any, tx: Any) -> VariableTracker | None:
    """What the object is made of; None if its class says so itself, or torch has it right."""
    if isinstance(tracker, MappingVariable) and tracker.shares_copies:
        return None
    cls = tracker.python_type()
    found = find(cls, _REDUCE)
    if found is None or found[0] is not object:
        return None
    ledger.classes.look(cls, *reducing.ASKED, guarded=False)
    return reducing.reduced(tracker, tx)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_method, needed=False),
    *(
        Watcher(UserMethodVariable, name, "tracing", instead=_bound, subclasses=False)
        for name in (("call_function",) if behaviour.REDUCES_BY_FUNCTION else ())
    ),
)
