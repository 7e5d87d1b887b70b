"""What was looked up and then left alone: torch guards nothing there, not even that it is there."""

from __future__ import annotations

from typing import Any

from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import AttrSource, GlobalSource
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.contents.stored_attributes import is_empty_slot
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.instructions import is_tried
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.attributes.absence import asked, empty_slot, slot_of
from vartrack.soundness.watchers.attributes.deleted import is_gone
from vartrack.soundness.watchers.attributes.passing import rely_on_presence

__all__ = ["WATCHERS"]


def _made(ledger: Ledger, _: Any, tracker: Any, *__: Any, **___: Any) -> None:
    """Trackers are made by who looks there; those of items and cells with what has them."""
    kind = type(tracker.source)
    if kind is AttrSource or (kind is GlobalSource and _is_tried(ledger)):
        ledger.looked_up.append(tracker)


def _found(ledger: Ledger, found: Any, *_: Any, **__: Any) -> None:
    """``d[key]``, which raises if there is none."""
    if isinstance(found, LazyVariableTracker):
        ledger.looked_up.append(found)


def _loaded(ledger: Ledger, found: Any, *_: Any, **__: Any) -> None:
    """A variable in a cell."""
    if isinstance(found, LazyVariableTracker) and _is_tried(ledger):
        ledger.looked_up.append(found)


def _is_tried(ledger: Ledger) -> bool:
    """Whether something may catch that it is gone. Variables and globals seldom are, and many are
    looked up that are functions, which would cost a call more than it is worth.
    """
    return is_tried(ledger.output().current_tx)


def _deleted(ledger: Ledger, effects: Any, item: Any, name: str, stored: Any, *_: Any) -> None:
    """``del obj.name``, which raises if there is no such attribute.

    One that the program has set before is deleted from the object only if it was there already.
    """
    if type(stored) is not DeletedVariable or name_of(item.source) is None:
        return
    if not effects.has_pending_mutation_of_attr(item, name):
        _rely_on_attribute(ledger, item, name)
    elif isinstance(item, UserDefinedObjectVariable):
        _rely_on_what_it_had(ledger, item, name)


def _is_noted(
    ledger: Ledger, effects: Any, item: Any, name: str, stored: Any, *_: Any, **__: Any
) -> None:
    """The same when torch has not looked itself, as up to 2.12, and deletes it."""
    _deleted(ledger, effects, item, name, stored)
    if not (ledger.guards and type(stored) is DeletedVariable):
        return
    if isinstance(item, UserDefinedObjectVariable) and _lacks(effects, item, name):
        tx = ledger.output().current_tx
        raise_in_program(tx, _raised_by_deleting(type(item.value).__name__, name))


def _lacks(effects: Any, item: Any, name: str) -> bool:
    """Whether an object has no attribute of its own that could be deleted."""
    if effects.has_pending_mutation_of_attr(item, name):
        return is_gone(effects, item, name)
    found = find(type(item.value), name)
    if found is not None and hasattr(type(found[1]), "__delete__"):
        return False
    return name not in getattr(item.value, "__dict__", (name,))


class _Empty: ...


def _raised_by_deleting(cls: str, name: str) -> AttributeError:
    """What Python says, whose words differ by release."""
    try:
        delattr(_Empty(), name)
    except AttributeError as error:
        return AttributeError(str(error).replace(_Empty.__name__, cls))
    raise AssertionError("an attribute that is not there was deleted")


def _is_deleted(
    ledger: Ledger, item: Any, tx: Any, name: Any, stored: Any, *_: Any, **__: Any
) -> None:
    """The same before torch looks whether an object has it."""
    _deleted(ledger, tx.output.side_effects, item, name.as_python_constant(), stored)


def _rely_on_what_it_had(ledger: Ledger, item: Any, name: str) -> None:
    """Note whether an object had an attribute when the program began, which has set it since."""
    if is_empty_slot(item.value, name):
        empty_slot(ledger, item.source, name)
    elif slot_of(item.value, name) is not None:
        rely_on_presence(ledger, AttrSource(item.source, name))
    elif hasattr(item.value, "__dict__"):
        asked(ledger, "values", item.source, name)


def _rely_on_attribute(ledger: Ledger, item: Any, name: str) -> None:
    value = getattr(item, "value", None)
    if is_empty_slot(value, name):
        empty_slot(ledger, item.source, name)
        if ledger.guards:
            raise_in_program(ledger.output().current_tx, AttributeError(name))
    elif hasattr(value, "__dict__"):
        asked(ledger, "values", item.source, name)
    elif slot_of(value, name) is not None:
        rely_on_presence(ledger, AttrSource(item.source, name))


def _compiled(ledger: Ledger, *_: Any, **__: Any) -> None:
    """Tracing is over: what is built by now has guards, and has to be there for them."""
    for tracker in ledger.looked_up:
        if not tracker.is_realized():
            rely_on_presence(ledger, tracker.source)
    ledger.looked_up.clear()


WATCHERS: tuple[Watcher, ...] = (
    Watcher(LazyVariableTracker, "__init__", "values", after=_made, subclasses=False),
    Watcher(SideEffects, "load_cell", "values", after=_loaded),
    *(
        Watcher(ConstDictVariable, name, "values", after=_found, needed=False)
        for name in ("getitem_const", "getitem_const_raise_exception_if_absent")
    ),
    Watcher(SideEffects, "store_attr", "values", _is_noted),
    Watcher(UserDefinedObjectVariable, "method_setattr_standard", "values", _is_deleted),
    Watcher(OutputGraph, "compile_subgraph", "values", _compiled),
)
