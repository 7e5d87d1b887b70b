"""Models that hold tensors: each field is built from its own place."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

import pydantic
from torch._dynamo.source import TypeSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.content import content_key
from vartrack.bases.record import RecordVariable, RecordVisitor
from vartrack.bases.snapshot import SnapshotVariable
from vartrack.compat.hooks import read_attribute
from vartrack.core.texts.articles import with_article
from vartrack.extras.pydantic.schemas import has_own_serializers
from vartrack.extras.pydantic.setting import Settable

__all__ = ["COPYING", "ModelVariable", "ModelsWithTensors", "copied", "stored_names"]

_MODEL = pydantic.BaseModel
#: What copies a model without what it holds, each by the one after it.
COPYING = ("model_copy", "__copy__")
#: Methods of models that end in code that is not Python, with those that do what they say.
_ANSWERED = {"model_dump": ("model_dump",), "model_copy": COPYING, "__copy__": COPYING[1:]}
#: What ``model_dump`` takes that changes nothing of how fields are dumped.
_PLAIN_OPTIONS = {"mode": "python", "round_trip": False, "warnings": True}


def stored_names(model: Any) -> tuple[str, ...]:
    """All that the model stores: fields, extra ones, and private attributes that are set."""
    extra = model.__pydantic_extra__ or {}
    private = model.__pydantic_private__ or {}
    return (*type(model).model_fields, *extra, *private)


class ModelVariable(Settable, RecordVariable):
    """A model that holds tensors."""

    @property
    def example(self) -> Any:
        """The model at hand."""
        return self.value

    def _check_for_getattr(self) -> Any:
        # all that BaseModel.__getattr__ could find is listed in the fields
        found = super()._check_for_getattr()
        return None if found is _MODEL.__getattr__ else found  # type: ignore[attr-defined]

    def field(self, tx: Any, name: str) -> VariableTracker | None:
        if self.is_new and name.startswith(("__pydantic_", "model_fields_set")):
            self.refuse(name, "is asked of a model that was made while tracing")
        if self.answers(name):
            return GetAttrVariable(self, name, py_type=types.MethodType)
        return super().field(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__setattr__":
            return self.set(tx, *args)
        if self.answers(name) and not args:
            return self.dump(tx, kwargs) if name == "model_dump" else self.copied(tx, kwargs)
        return super().call_method(tx, name, args, kwargs)

    def answers(self, method: str) -> bool:
        """Whether ``method`` is one of pydantic's that is answered here."""
        by = _ANSWERED.get(method, ())
        own = (self.lookup_class_mro_attr(each) is vars(_MODEL)[each] for each in by)
        return bool(by) and all(own)

    # copies

    def copied(self, tx: Any, kwargs: dict[str, VariableTracker]) -> VariableTracker:
        """What ``model_copy`` gives."""
        if self.is_new or tx.output.side_effects.has_pending_mutation(self):
            self.refuse("model_copy", "is of a model that this function made or changed")
        return copied(tx, self, self.fields, kwargs)

    # dumping

    def dump(self, tx: Any, kwargs: dict[str, VariableTracker]) -> VariableTracker:
        """What ``model_dump`` gives, as long as everything is dumped as it is."""
        if has_own_serializers(self.python_type()):
            self.refuse("model_dump", "has serializers of its own")
        options = {name: kwarg.as_python_constant() for name, kwarg in kwargs.items()}
        chosen = {name: options.pop(name, None) for name in ("include", "exclude")}
        for name, option in options.items():
            if option != _PLAIN_OPTIONS.get(name, False) and option is not None:
                self.refuse("model_dump", f"is called with {name}={option!r}")
        cls = type(self.value)
        names = (
            *cls.model_fields,
            *(self.value.__pydantic_extra__ or {}),
            # up to 2.5 `model_computed_fields` is a property of the instances
            *cls.__pydantic_decorators__.computed_fields,
        )
        excluded = {name for name, info in cls.model_fields.items() if info.exclude}
        for selection in chosen.values():
            if not isinstance(selection, (set, frozenset, type(None))):
                self.refuse("model_dump", "is called with a nested include or exclude")
        items = {}
        for name in names:
            out = name in excluded or name in (chosen["exclude"] or ())
            if not out and (chosen["include"] is None or name in chosen["include"]):
                items[VariableTracker.build(tx, name)] = self.dumped(
                    tx, read_attribute(self, tx, name).realize()
                )
        return ConstDictVariable(items, mutation_type=ValueMutationNew())

    def dumped(self, tx: Any, part: VariableTracker) -> VariableTracker:
        """What dumping one value gives: containers anew, models as dicts, the rest as it is."""
        if isinstance(part, ModelVariable):
            return part.dump(tx, {})
        if isinstance(part, SnapshotVariable) and isinstance(part.value, _MODEL):
            return part.call_method(tx, "model_dump", [], {})
        if part.is_tensor() or ConstantVariable.is_base_literal(_value(part)):
            return part
        if type(part) in (ListVariable, TupleVariable):
            items = [self.dumped(tx, item.realize()) for item in part.items]
            if type(part) is TupleVariable:
                return TupleVariable(items)
            return ListVariable(items, mutation_type=ValueMutationNew())
        if type(part) is ConstDictVariable and part.python_type() is dict:
            pairs: Any = {
                key.vt: self.dumped(tx, item.realize()) for key, item in part.items.items()
            }
            return ConstDictVariable(pairs, mutation_type=ValueMutationNew())
        return self.refuse("model_dump", f"meets {with_article(part.python_type_name())}")  # type: ignore[no-any-return]


def _value(part: VariableTracker) -> Any:
    return part.as_python_constant() if part.is_python_constant() else part


def copied(
    tx: Any,
    original: Any,
    fields: Mapping[str, VariableTracker],
    kwargs: dict[str, VariableTracker],
) -> VariableTracker:
    """What ``model_copy`` gives: a record that shares with the model what is not given anew.

    Args:
        tx: the tracer.
        original: the tracker of the model, which the function has not changed.
        fields: the trackers of what the model stores, by name.
        kwargs: the options of ``model_copy``.
    """
    changes = kwargs.get("update", ConstantVariable.create(None)).realize()
    deep = kwargs.get("deep", ConstantVariable.create(False))
    plain = changes.is_constant_none() or isinstance(changes, ConstDictVariable)
    if not plain or not deep.is_constant_match(False):
        original.refuse("model_copy", "is deep, or is given no dict of its own")
    updates: dict[str, VariableTracker] = {}
    if isinstance(changes, ConstDictVariable):
        updates = {key.vt.as_python_constant(): item for key, item in changes.items.items()}
    if not updates.keys() <= fields.keys():
        original.refuse("model_copy", "adds something that the model does not have")
    names = TupleVariable([VariableTracker.build(tx, name) for name in updates])
    return ModelVariable.new(
        tx,
        original.example.model_copy(),
        {**fields, **updates},
        _Copied,
        [original, names, *updates.values()],
        original.cls_source or (original.source and TypeSource(original.source)),
    )


class _Copied:
    """Copies a model with some fields changed."""

    def __new__(  # type: ignore[misc]
        cls, original: Any, names: tuple[str, ...], *values: Any
    ) -> Any:
        return original.model_copy(update=dict(zip(names, values, strict=True)))


class ModelsWithTensors(RecordVisitor):
    """Models that hold a tensor, a module or something else that no key can stand for."""

    types = (_MODEL,)
    record_class = ModelVariable
    fields = staticmethod(stored_names)

    @staticmethod
    def when(value: Any) -> bool:
        """Whether the content of ``value`` cannot be read."""
        try:
            content_key(value)
        except Exception:
            return True
        return False
