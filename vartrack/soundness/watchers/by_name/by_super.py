"""``super().name`` of a class's attribute that is not true, which torch passes by."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.source import AttrSource, GetItemSource, TypeMROSource, TypeSource
from torch._dynamo.variables.misc import SuperVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find, mro_of

__all__ = ["WATCHERS"]

#: What is always true: torch finds it.
_TRUE = (FunctionType, classmethod, staticmethod, property)


def _found(ledger: Ledger, own: Any, above: SuperVariable, tx: Any, name: str) -> Any:
    """What the next class has that has the name, and where that is; truth is asked of nothing."""
    if above.objvar is None:
        return own(above, tx, name)
    after = above.typevar.as_python_constant()
    of = above.objvar.realize()
    cls, source = of.python_type(), of.source
    if issubclass(cls, type):
        cls = of.as_python_constant()
    elif source is not None:
        source = TypeSource(source)
    order = mro_of(cls)
    found = find(cls, name, after) if after in order else None
    if found is None or isinstance(found[1], _TRUE):
        return own(above, tx, name)
    owner, value = found
    if source is None:
        return value, None
    return value, AttrSource(GetItemSource(TypeMROSource(source), order.index(owner)), name)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(SuperVariable, "_resolved_getattr_and_source", "tracing", instead=_found),
)
