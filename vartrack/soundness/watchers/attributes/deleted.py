"""Attributes that a program deletes.

Up to 2.12 torch does not look what the class has under such a name, and deletes what the program
itself had put there from the object, which has none when the graph has run. Since 2.13 it has what
``super().__delattr__(name)`` deleted, as modules do, in ``__dict__`` still.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import TypeSource
from torch._dynamo.variables.base import AttributeMutationExisting, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import DeletedVariable, SuperVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat import behaviour
from vartrack.compat.hooks import read_attribute
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.attributes.absence import may_have_of_its_own, slot_of

__all__ = ["WATCHERS", "is_gone"]


def _read(
    ledger: Ledger, own: Any, effects: Any, item: Any, name: str, *flags: bool, **named: bool
) -> Any:
    """``obj.name`` of an attribute that was deleted; torch refuses it."""
    deleted_ok = named.get("deleted_ok", flags[:1] == (True,))
    if (
        not deleted_ok
        and isinstance(item, UserDefinedObjectVariable)
        and is_gone(effects, item, name)
    ):
        uncovered = _of_class(ledger, item, name)
        if uncovered is not None and not hasattr(type(uncovered), "__get__"):
            tx: Any = ledger.output().current_tx
            source = item.source and TypeSource(item.source)
            return read_attribute(VariableTracker.build(tx, type(item.value), source), tx, name)
    return own(effects, item, name, *flags, **named)


def _has(ledger: Ledger, own: Any, obj: Any, tx: Any, name: str) -> Any:
    """``hasattr(obj, name)`` of the same."""
    effects = tx.output.side_effects
    is_covered = is_gone(effects, obj, name) and slot_of(obj.value, name) is None
    if is_covered and _of_class(ledger, obj, name) is not None:
        return ConstantVariable.create(True)
    return own(obj, tx, name)


def _stored(
    ledger: Ledger,
    own: Any,
    effects: Any,
    item: Any,
    name: str,
    value: Any,
    *flags: Any,
    **named: Any,
) -> Any:
    """``del obj.name``: nothing is left to be done if only the program had put it there."""
    done = own(effects, item, name, value, *flags, **named)
    if (
        type(value) is DeletedVariable
        and isinstance(item, UserDefinedObjectVariable)
        and isinstance(item.mutation_type, AttributeMutationExisting)
        and item.source is not None
        and not may_have_of_its_own(ledger, item.value, name)
        and not _is_deleted_by_class(type(item.value), name)
    ):
        del effects.store_attr_mutations[item][name]
    return done


def _is_deleted_by_class(cls: type, name: str) -> bool:
    found = find(cls, name)
    return found is not None and hasattr(type(found[1]), "__delete__")


def is_gone(effects: Any, obj: Any, name: str) -> bool:
    """Whether ``obj`` had its attribute ``name`` deleted while tracing."""
    if not effects.has_pending_mutation_of_attr(obj, name):
        return False
    return type(effects.load_attr(obj, name, deleted_ok=True)) is DeletedVariable


def _of_class(ledger: Ledger, obj: Any, name: str) -> Any:
    """What the class of ``obj`` has under ``name``, or None."""
    cls = type(obj.value)
    ledger.classes.look(cls, name)
    found = find(cls, name)
    return None if found is None else found[1]


def _by_super(
    ledger: Ledger, own: Any, above: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    """What ``del obj.name`` of a class without a `__delattr__` does."""
    owner = None if name != "__delattr__" or above.objvar is None else above.objvar.realize()
    if isinstance(owner, UserDefinedObjectVariable) and len(args) == 1:
        found, _ = above._resolved_getattr_and_source(tx, name)
        if found is object.__delattr__:
            return owner.method_setattr_standard(tx, args[0], DeletedVariable())
    return own(above, tx, name, args, kwargs)


_SHOWS_DELETED = hasattr(UserDefinedObjectVariable, "get_dict_vt")
WATCHERS: tuple[Watcher, ...] = (
    *(
        (Watcher(SuperVariable, "call_method", "tracing", instead=_by_super),)
        if _SHOWS_DELETED
        else ()
    ),
    *(
        ()
        if behaviour.UNCOVERS_DELETED
        else (
            Watcher(SideEffects, "load_attr", "tracing", instead=_read),
            Watcher(SideEffects, "store_attr", "tracing", instead=_stored),
            Watcher(UserDefinedObjectVariable, "call_obj_hasattr", "tracing", instead=_has),
        )
    ),
)
