"""Configurations, whose stored values are read where they are, and the rest evaluated."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import omegaconf
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListIteratorVariable, ListVariable

from vartrack.bases.snapshot import SnapshotVisitor
from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.bases.tracing.objects.merging import items_given, merged_by_keys
from vartrack.extras.omegaconf.changes import TAKING, Taken
from vartrack.extras.omegaconf.keys import key_of
from vartrack.extras.omegaconf.nodes import CONFIGS, SEQUENCES, stored_at, stored_items

__all__ = ["ConfigVariable", "Configs"]


class ConfigVariable(Taken):
    """A configuration, or a part of one.

    What a node stores is read where it is, and guarded alone, and so is what a plain interpolation
    leads to. What resolvers give, and whether something is missing, is asked anew at each call, if
    it is a literal. All else is evaluated, and depends on the whole.
    """

    like_object = False

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        if self.is_taken_from(tx):
            return self.traced_attribute(tx, name)
        is_key = not name.startswith("__") and isinstance(self.example, omegaconf.DictConfig)
        item = None
        if is_key and on_class(type(self.example), name) is None:
            item = self.item(tx, name) or asked_anew(self, tx, getattr, name)
        return super().attribute(tx, name) if item is None else item

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        if self.is_taken_from(tx):
            return self.traced(tx, "__getitem__", [key], {})
        at = key.realize()
        place = at.as_python_constant() if at.is_python_constant() else None
        item = self.cut(tx, place) if isinstance(place, slice) else self.item(tx, place)
        if item is None and at.is_python_constant():
            item = asked_anew(self, tx, operator.getitem, place)
        return super().mp_subscript_impl(tx, key) if item is None else item

    sq_item_impl = mp_subscript_impl

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in TAKING:
            return self.take(tx, name, args, kwargs)
        if self.is_taken_from(tx):
            return self.traced(tx, name, args, kwargs)
        if name == "keys" and isinstance(self.example, omegaconf.DictConfig):
            return self.keys(tx)
        if name in ("items", "values") and not args and not kwargs:
            pairs = self.pairs(tx)
            if pairs is not None:
                return pairs.call_method(tx, name, args, kwargs)
        if name == "__reversed__" and isinstance(self.example, SEQUENCES):
            items = self.items_of(tx)[::-1]
            return ListIteratorVariable(items, mutation_type=ValueMutationNew())
        if name not in _ASKING or kwargs:
            return super().call_method(tx, name, args, kwargs)
        known, answer = constants_of(args, {}), None
        if name in _GETTING and known is not None and known[0]:
            answer = self.item(tx, known[0][0])  # guarded where it is stored, as with []
        if name == "setdefault":
            # what is not there would be set
            return super().call_method(tx, name, args, kwargs) if answer is None else answer
        if answer is None or (type(answer) is ConstantVariable and answer.value is None):
            answer = self.answer(tx, _ASKING[name], args)
        return super().call_method(tx, name, args, kwargs) if answer is None else answer

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        ask, known = _COMPARING.get(op), other.realize()
        answer = None
        if ask is not None and type(known) is ConstantVariable and not self.is_taken_from(tx):
            answer = asked_anew(self, tx, ask, known.as_python_constant())
        return super().tp_richcompare_impl(tx, other, op) if answer is None else answer

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        if self.is_taken_from(tx):
            return self.traced(tx, "__contains__", [item], {})
        answer = self.answer(tx, operator.contains, [item])
        return super().sq_contains_impl(tx, item) if answer is None else answer

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        if self.is_taken_from(tx):
            return self.traced(tx, "__len__", [], {})
        return asked_anew(self, tx, len) or super().sq_length_impl(tx)

    mp_length_impl = sq_length_impl

    def nb_bool_impl(self, tx: Any) -> VariableTracker:
        if self.is_taken_from(tx):
            make_bool: Any = VariableTracker.build(tx, bool)
            return make_bool.call_function(tx, [self.sq_length_impl(tx)], {})  # type: ignore[no-any-return]
        return asked_anew(self, tx, bool) or super().nb_bool_impl(tx)

    def items_of(self, tx: Any) -> list[VariableTracker]:
        if self.is_taken_from(tx):
            return items_given(tx, self.traced(tx, "__iter__", [], {}))
        given = self.given(tx)
        return super().items_of(tx) if given is None else given

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        if self.is_taken_from(tx):
            return self.traced(tx, "__iter__", [], {})
        given = self.given(tx)
        if given is None:
            return super().tp_iter_impl(tx)
        return ListIteratorVariable(given, mutation_type=ValueMutationNew())

    def given(self, tx: Any) -> list[VariableTracker] | None:
        """What going through it gives; None if that is neither stored nor literals."""
        items = stored_items(tx, self)
        given = asked_anew(self, tx, tuple) if items is None else None
        return items if given is None else given.unpack_var_sequence(tx)

    def cut(self, tx: Any, place: slice) -> VariableTracker | None:
        """The list of the items in a slice; None if they are more than stored."""
        is_list = isinstance(self.example, omegaconf.ListConfig)  # of which a slice is a plain one
        items = stored_items(tx, self) if is_list else None
        if items is None:
            return None
        indices = range(len(items))[place]
        cut, stored = self.example[place], (self.example[index] for index in indices)
        if len(cut) != len(indices) or any(map(operator.is_not, cut, stored)):
            return None  # this release of OmegaConf cuts in another way
        return ListVariable([items[index] for index in indices], mutation_type=ValueMutationNew())

    def keys(self, tx: Any) -> VariableTracker:
        """The view of the keys."""
        names = {name: ConstantVariable.create(None) for name in self.items_of(tx)}
        return ConstDictVariable(names).call_method(tx, "keys", [], {})

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        if self.is_taken_from(tx):
            return self.traced_presence(tx, name)
        return asked_anew(self, tx, hasattr, name) or super().call_obj_hasattr(tx, name)

    def answer(
        self, tx: Any, ask: Callable[..., Any], args: Sequence[VariableTracker]
    ) -> VariableTracker | None:
        """What ``ask`` gives for the configuration and the operands, if all are literals."""
        known = None if self.is_taken_from(tx) else constants_of(args, {})
        return None if known is None else asked_anew(self, tx, ask, *known[0])

    def item(self, tx: Any, key: Any) -> VariableTracker | None:
        """The tracker of what the node at ``key`` stores; None if it is not just stored."""
        return stored_at(tx, self, key)

    def pairs(self, tx: Any) -> VariableTracker | None:
        """A dict of the items; None if they are more than stored, or it is a list."""
        is_dict = isinstance(self.example, omegaconf.DictConfig)
        keys = asked_anew(self, tx, tuple) if is_dict else None
        if keys is None:
            return None
        found: Any = {key: self.item(tx, key) for key in keys.as_python_constant()}
        if None in found.values():
            return None
        return ConstDictVariable({ConstantVariable.create(key): found[key] for key in found})

    def merged(self, tx: Any) -> VariableTracker | None:
        if self.is_taken_from(tx):
            return merged_by_keys(tx, self)
        return self.pairs(tx) or super().merged(tx)


def _get(config: Any, *operands: Any) -> Any:
    return config.get(*operands)


def _count(config: Any, item: Any) -> Any:
    return config.count(item)


def _index(config: Any, *operands: Any) -> Any:
    return config.index(*operands)


#: What methods ask that give something stored, or say whether it is there.
_ASKING: dict[str, Callable[..., Any]] = {
    "__contains__": operator.contains,
    "__len__": len,
    "count": _count,
    "get": _get,
    "index": _index,
    "setdefault": _get,
}
#: How a configuration is held against a literal: whether they are equal is guarded.
_COMPARING = {"__eq__": operator.eq, "__ne__": operator.ne}
#: Those that give the item at a key.
_GETTING = ("get", "setdefault")


class Configs(SnapshotVisitor):
    """Every ``DictConfig``, ``ListConfig`` and ``TupleConfig``."""

    types = CONFIGS
    key = staticmethod(key_of)
    folded_class = ConfigVariable
