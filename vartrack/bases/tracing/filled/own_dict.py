"""The ``__dict__`` of a constant: what it holds, and what the traced code has put into it."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource, DictGetItemSource
from torch._dynamo.variables.base import (
    AttributeMutationExisting,
    ValueMutationNew,
    VariableTracker,
)
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.misc import DeletedVariable

from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c
from vartrack.bases.tracing.contents.stored_attributes import NOT_STORED, guard_keys, stored_at
from vartrack.bases.tracing.filled.keepers import all_kept
from vartrack.bases.tracing.filled.own_attributes import given_to, sets_attribute
from vartrack.compat.names import DunderDictVariable, HashableTracker
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.attributes import Attributes

__all__ = ["OwnDictVariable", "OwnItems", "own_dict"]

_Base: Any = DunderDictVariable if hasattr(DunderDictVariable, "create") else ConstDictVariable


def own_dict(tracker: Attributes, tx: Any) -> VariableTracker | None:
    """The tracker of ``value.__dict__``; None if it is to be evaluated.

    Args:
        tracker: the value.
        tx: the tracer.
    """
    cls = type(tracker.example)
    is_plain = isinstance(on_class(cls, "__dict__"), types.GetSetDescriptorType)
    if tracker.content is None or tracker.changeable or is_exporting(tx) or not reads_in_c(cls):
        return None
    if not cls.__dictoffset__ or not is_plain or "__dict__" in tracker.impure:
        return None
    if tracker.dict_tracker is None:
        tracker.dict_tracker = OwnDictVariable(OwnItems(tracker, tx))
    return tracker.dict_tracker


class OwnItems(MutableMapping[Any, VariableTracker]):
    """The items of such a dict, by name or by torch's key for one.

    Args:
        tracker: the value.
        tx: the tracer.
    """

    def __init__(self, tracker: Attributes, tx: Any) -> None:
        self.tracker = tracker
        self.tx = tx
        self._stored: dict[str, Any] = tracker.example.__dict__

    def __getitem__(self, key: Any) -> VariableTracker:
        name = _name(key)
        given = self._given().get(name)
        if given is not None:
            if type(given) is DeletedVariable:
                raise KeyError(name)
            return given
        self._guard_presence(name)
        item = self._stored[name]
        if stored_at(self.tracker.example, name) is not NOT_STORED:
            return self.tracker.attribute(self.tx, name)
        source = DictGetItemSource(AttrSource(self.tracker.source, "__dict__"), name)
        return VariableTracker.build(self.tx, item, source)

    def __setitem__(self, key: Any, item: VariableTracker) -> None:
        self._change("__setattr__", key, item)

    def __delitem__(self, key: Any) -> None:
        self._change("__delattr__", key)

    def __contains__(self, key: Any) -> bool:
        name = _name(key)
        given = self._given().get(name)
        if given is not None:
            return type(given) is not DeletedVariable
        self._guard_presence(name)
        return name in self._stored

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Any]:
        return (HashableTracker(ConstantVariable.create(name)) for name in self._names())

    def _names(self) -> list[Any]:
        guard_keys(self.tracker.content, "__dict__")  # type: ignore[arg-type]
        given = self._given()
        new = [name for name in given if name not in self._stored]
        return [n for n in [*self._stored, *new] if type(given.get(n)) is not DeletedVariable]

    def _given(self) -> Mapping[str, VariableTracker]:
        """What the traced code has set, and what it had kept for the next time."""
        noted, kept = given_to(self.tracker, self.tx), all_kept(self.tracker, self.tx)
        return {**kept, **noted} if kept else noted

    def _change(self, change: str, key: Any, *item: VariableTracker) -> None:
        args = [ConstantVariable.create(_name(key)), *item]
        if not sets_attribute(self.tracker, self.tx, change, args):
            self.tracker.refuse_change(change, *args)

    def _guard_presence(self, name: Any) -> None:
        self.tracker.content.of_answer(is_in_dict, name).install()  # type: ignore[union-attr]


class OwnDictVariable(_Base):  # type: ignore[misc]
    """The tracker of the dict: what is set in it is set on the value when the graph has run."""

    def __init__(self, items: OwnItems) -> None:
        source = AttrSource(items.tracker.source, "__dict__")
        mutation = AttributeMutationExisting()
        ConstDictVariable.__init__(self, {}, source=source, mutation_type=mutation)
        self.items = items

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "copy" and not args and not kwargs:
            return ConstDictVariable(dict(self.items), mutation_type=ValueMutationNew())
        return ConstDictVariable.call_method(self, tx, name, args, kwargs)

    # each item guards itself

    def install_dict_keys_match_guard(self) -> None:
        pass

    def install_dict_contains_guard(self, tx: Any, args: Any) -> None:
        pass


def is_in_dict(name: Any, value: Any) -> bool:
    return name in value.__dict__


def _name(key: Any) -> Any:
    return key.vt.as_python_constant() if isinstance(key, HashableTracker) else key
