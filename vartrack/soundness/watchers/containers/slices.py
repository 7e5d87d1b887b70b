"""Slices by objects: ``items[:obj]`` asks the `__index__` of the object, which torch does not.

What is no number it has the tracker of in the place of, where the slice is a constant to it.
"""

from __future__ import annotations

import operator
from types import FunctionType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import SliceVariable
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable
from torch._dynamo.variables.user_defined import UserDefinedVariable

from vartrack.compat.names import object_protocol
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_GET_ITEM, _INDEX = map(BuiltinVariable, (operator.getitem, operator.index))
#: The step is asked first.
_ORDER = (2, 0, 1)


def _sliced(ledger: Ledger, own: Any, tx: Any, container: Any, key: Any) -> Any:
    """``items[start:stop:step]`` of what is no object itself, which would be given the slice."""
    if not issubclass(type(key.unwrap()), SliceVariable):
        return own(tx, container, key)
    items = [*key.unwrap().items]
    objects = [at for at in _ORDER if _says_index(type_at_hand(items[at]))]
    if not objects or issubclass(type(container.unwrap()), UserDefinedVariable):
        return own(tx, container, key)
    for at in objects:
        items[at] = _INDEX.call_function(tx, [items[at]], {})
    return _GET_ITEM.call_function(tx, [container, SliceVariable(items, tx)], {})


def _says_index(cls: type) -> bool:
    found = find(cls, "__index__")
    return found is not None and type(found[1]) is FunctionType


def _constant(ledger: Ledger, own: Any, tracker: Any) -> Any:
    """``repr(slice(member))`` and its like."""
    parts = [part.realize() for part in tracker.items]
    if all(isinstance(part, _KNOWN) for part in parts):
        return own(tracker)
    return slice(*(part.as_python_constant() for part in parts))


#: Trackers that torch takes the numbers of.
_KNOWN = (ConstantVariable, SymNodeVariable, TensorVariable)

WATCHERS: tuple[Watcher, ...] = (
    Watcher(SliceVariable, "as_python_constant", "tracing", instead=_constant),
    # since 2.14 torch asks for it, but of a text
    *(
        Watcher(object_protocol, name, "tracing", instead=_sliced, needed=False)
        for name in ("vt_getitem", "generic_getitem")  # the second since 2.14
    ),
)
