"""Attributes whose names vary: `getattr(self, f"scale_{i}")` of a tensor, number, text or module.

torch fixes the name. But the graph depends only on what is found, which is looked up again at each
call, where the object itself keeps it.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.nn_module import (
    UnspecializedBuiltinNNModuleVariable,
    UnspecializedNNModuleVariable,
)
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.user_code import methods
from vartrack.extras.thrift.late import found

__all__ = [
    "attribute",
    "guard_of_class",
    "is_kept",
    "is_kept_plainly",
    "is_of_class",
    "is_there",
]

_OF_MODULES = ("__dict__", "_parameters", "_buffers", "_modules")
#: From the tracker of an object to what that keeps plain attributes in.
_KEPT_IN: dict[type[VariableTracker], tuple[str, ...]] = {
    UserDefinedObjectVariable: ("__dict__",),
    UnspecializedNNModuleVariable: _OF_MODULES,
    UnspecializedBuiltinNNModuleVariable: _OF_MODULES,
}


def attribute(tx: Any, owner: VariableTracker, name: Any) -> VariableTracker | None:
    """``getattr(owner, name)`` for a name that varies; None if torch is to look it up."""
    if name.type_at_hand is not str or is_stored(tx):
        return None
    held: Any = owner.realize()
    if type(held) not in _KEPT_IN or held.source is None or not _is_as_it_was(tx, held):
        return None
    of, at = held.value, name.place()
    cls = type(of)
    if at is None or methods.held_by(cls, "__getattribute__") is not object.__getattribute__:
        return None
    wanted = example_of(name)
    for kept_in, attributes in _tables(of, _KEPT_IN[type(held)]):
        if wanted not in attributes:
            continue
        value = attributes[wanted]
        if is_of_class(of, wanted) or _is_changed(tx, attributes):
            return None
        if not found.is_fit(tx, at, wanted, value):
            return None
        name.rely_on_type()
        guard_of_class(held.source, at)
        place = AttrSource(held.source, kept_in)
        looked_up = worked_out("{}[{}]", "operator.getitem", (place, at))
        return found.taken(tx, value, looked_up, at, wanted)
    return None


def is_there(tx: Any, owner: VariableTracker, name: Any) -> bool | None:
    """``hasattr(owner, name)`` for a name that varies, guarded; None if torch is to look it up."""
    if name.type_at_hand is not str or is_stored(tx):
        return None
    known: Any = owner.realize()
    if type(known) not in _KEPT_IN or known.source is None or not _is_as_it_was(tx, known):
        return None
    of, at, wanted = known.value, name.place(), example_of(name)
    if at is None or not _is_looked_up_plainly(type(of)) or is_of_class(of, wanted):
        return None
    kept_in = _KEPT_IN[type(known)]
    if any(_is_changed(tx, table) for _, table in _tables(of, kept_in)):
        return None
    name.rely_on_type()
    for has, operands in ((is_of_class, ()), (is_kept, (kept_in,))):
        text = f"{__name__}.{has.__name__}({', '.join(['{}'] * (2 + len(operands)))})"
        place = worked_out(text, f"{__name__}.{has.__name__}", (known.source, at, *operands))
        install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return is_kept(of, wanted, kept_in)


def _is_looked_up_plainly(cls: type) -> bool:
    """Whether nothing is there but what an object keeps and its class has."""
    if methods.held_by(cls, "__getattribute__") is not object.__getattribute__:
        return False
    return methods.held_by(cls, "__getattr__") in (None, nn.Module.__getattr__)


def is_kept(owner: Any, name: str, kept_in: tuple[str, ...]) -> bool:
    """Whether ``owner`` itself keeps something under ``name``."""
    return any(name in table for _, table in _tables(owner, kept_in))


def _tables(owner: Any, kept_in: tuple[str, ...]) -> list[tuple[str, dict[str, Any]]]:
    """What ``owner`` keeps attributes in, each by its name; nothing if it has slots alone."""
    own = getattr(owner, "__dict__", {})
    tables = [(name, own if name == "__dict__" else own.get(name)) for name in kept_in]
    return [(name, table) for name, table in tables if type(table) is dict]


def is_of_class(owner: Any, name: str) -> bool:
    """Whether the class of ``owner`` has something under ``name``, which may come first."""
    return any(name in vars(base) for base in type(owner).__mro__)


def guard_of_class(owner: Any, name: Any) -> None:
    """Have guarded whether the class of an object has something under a name, both at places."""
    place = worked_out(_OF_CLASS, f"{__name__}.is_of_class", (owner, name))
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))


#: How that is asked where no names are known.
_OF_CLASS = f"{__name__}.is_of_class({{}}, {{}})"


def is_kept_plainly(owner: Any) -> bool:
    """Whether an object from outside keeps its attributes where Python and torch have them."""
    return type(owner) in _KEPT_IN and owner.source is not None


def _is_as_it_was(tx: Any, owner: VariableTracker) -> bool:
    """Whether the traced code has set no attribute of ``owner``."""
    return not tx.output.side_effects.has_pending_mutation(owner)


def _is_changed(tx: Any, attributes: dict[str, Any]) -> bool:
    """Whether the traced code has changed a dict."""
    effects = tx.output.side_effects
    return attributes in effects and effects.is_modified(effects[attributes])
