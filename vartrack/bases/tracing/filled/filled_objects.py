"""Objects of torch's own that the traced code has filled: what they hold, and in which order.

torch puts what was set first, and asks by `hasattr` at every call, which fills a cached property.
That a cached property is filled changes what the object holds, which torch does not guard.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo.exc import ObservedAttributeError, handle_observed_exception
from torch._dynamo.guards import install_guard
from torch._dynamo.variables.base import AttributeMutationNew
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.content import cached_names
from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.contents.stored_attributes import need_stored, of_keys
from vartrack.compat.hooks import read_attribute
from vartrack.compat.names import SideEffectsProxyDict
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["FILLED_OBJECTS"]

_GUARD = "_vartrack_guard"


def _guard_names(items: Any) -> None:
    """Have guarded what an object holds whose caches may be filled or not."""
    item = items.item
    value: Any = getattr(item, "value", None)
    cls: Any = type(value)
    if item.source is None or isinstance(item.mutation_type, AttributeMutationNew):
        return  # it is made here
    if is_exporting() or not cached_names(cls):
        return
    guard = vars(items).get(_GUARD)
    if guard is None:
        guard = vars(items)[_GUARD] = of_keys(value, "__dict__", item.source)
    install_guard(guard)  # the same each time, so that it stands once


def _in_order(own: Callable[..., Any]) -> Callable[..., Any]:
    """The names in a ``__dict__``: what was there before stands where it stood."""

    @functools.wraps(own)
    def names(self: Any) -> Iterator[Any]:
        _guard_names(self)
        found = {key.vt.as_python_constant(): key for key in own(self)}
        before = [name for name in self.item_dict if name in found]
        for name in [*before, *(name for name in found if name not in self.item_dict)]:
            yield found[name]

    return names


def _filling_nothing(own: Callable[..., Any]) -> Callable[..., Any]:
    """``hasattr`` of a cached property, which is there if asking for it gives something."""

    @functools.wraps(own)
    def call_obj_hasattr(self: Any, tx: Any, name: str) -> Any:
        if type(on_class(self.python_type(), name)) is not functools.cached_property:
            return own(self, tx, name)
        if not tx.output.side_effects.has_pending_mutation_of_attr(self, name):
            need_stored(tx, self.value, name, self.source)
        try:
            found = read_attribute(self, tx, name)
        except ObservedAttributeError:
            handle_observed_exception(tx)
            return ConstantVariable.create(False)
        return ConstantVariable.create(type(found) is not DeletedVariable)

    return call_obj_hasattr


#: What is put in place in torch.
FILLED_OBJECTS = Wrappers(
    (UserDefinedObjectVariable, "call_obj_hasattr", _filling_nothing),
    *(() if SideEffectsProxyDict is None else ((SideEffectsProxyDict, "__iter__", _in_order),)),
)
