"""``value.__repr__()``: the text of a value of a class of the program's, by a method of a base."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.names import MethodWrapperVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

#: By the base and the name of its method the function that gives the same.
_FUNCTIONS: dict[tuple[type, str], Any] = {
    **{(base, "__repr__"): repr for base in (set, frozenset, OrderedDict)},
    **{(base, "__format__"): format for base in (int, float, complex, str)},
}
_NAMES = ("__repr__", "__format__")


def _by_name(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    return _text(ledger, tx, tracker, name, args) or own(tracker, tx, name, args, kwargs)


def _bound(ledger: Ledger, own: Any, wrapper: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    name = wrapper.descriptor.__name__
    answer = _text(ledger, tx, wrapper.obj, name, args) if name in _NAMES else None
    return answer or own(wrapper, tx, args, kwargs)


def _text(ledger: Ledger, tx: Any, tracker: Any, name: str, args: Any) -> Any:
    """The text; None where torch gives it, or raises what Python does."""
    tracker = tracker.realize()
    if len(args) != (name == "__format__") or not isinstance(tracker, UserDefinedObjectVariable):
        return None
    cls = tracker.python_type()
    found = find(cls, name)
    function = None if found is None else _FUNCTIONS.get((found[0], name))
    if function is None:
        return None
    ledger.classes.look(cls, name)
    return BuiltinVariable(function).call_function(tx, [tracker, *args], {})


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_by_name, of=_NAMES),
    *(
        Watcher(cls, "call_function", "tracing", instead=_bound)
        for cls in (MethodWrapperVariable,)
        if cls is not None
    ),
)
