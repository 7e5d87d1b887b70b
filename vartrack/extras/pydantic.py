"""`pydantic`: models as snapshots, or as records if they hold tensors.

A model without tensors is known while tracing, down to its private attributes: its methods, its
computed fields, ``model_dump`` and ``==`` are evaluated, and so is making one from constants, with
its validators. Changing one breaks the graph. A model that holds a tensor or a module is a record:
each field is built from its own place, and fields may be set.
"""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pydantic
from torch._dynamo.source import AttrSource, DictGetItemSource, TypeSource
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.content import content_key
from vartrack.bases.record import RecordVariable, RecordVisitor
from vartrack.bases.snapshot import SnapshotClassVariable, SnapshotVariable, SnapshotVisitor
from vartrack.bases.tracing.changes import note_change
from vartrack.bases.tracing.folding import refuse
from vartrack.bases.tracing.stored_attributes import is_found
from vartrack.compat.hooks import read_attribute, written_past
from vartrack.extras._pydantic_schemas import has_own_serializers, kept_as_given

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.core.context import BuilderContext
    from vartrack.dispatch.registry import Registry

__all__ = ["Models", "ModelsWithTensors", "register"]

_MODEL = pydantic.BaseModel
_FIELDS_SET = "__pydantic_fields_set__"
#: Where a model stores what is no field.
_BESIDE_FIELDS = ("__pydantic_private__", "__pydantic_extra__")
#: Methods of models that end in code that is not Python.
_ANSWERED = ("model_dump", "model_copy", "__copy__")
#: Class methods that are evaluated if all operands are known.
_ON_CLASS = ("model_construct", "model_json_schema", "model_validate", "model_validate_json")
#: What ``model_dump`` takes that changes nothing of how fields are dumped.
_PLAIN_OPTIONS = {"mode": "python", "round_trip": False, "warnings": True}


def changed_part(tx: Any, part: Any) -> ConstDictVariable | None:
    """The tracker of ``part``, a dict that a model stores, if the traced code has changed it."""
    effects = tx.output.side_effects
    changed = part in effects and effects.is_modified(effects[part])
    return effects[part] if changed else None


def _names(model: Any) -> tuple[str, ...]:
    """All that the model stores: fields, extra ones, and private attributes that are set."""
    extra = model.__pydantic_extra__ or {}
    private = model.__pydantic_private__ or {}
    return (*type(model).model_fields, *extra, *private)


class Settable:
    """Setting fields of a model, which pydantic does with handlers that it makes as it goes."""

    def set(self: Any, tx: Any, name: VariableTracker, value: VariableTracker) -> VariableTracker:
        """Set a field or a private attribute."""
        field, config = name.as_python_constant(), self.example.model_config
        cls = type(self.example)
        info = cls.model_fields.get(field)
        if config.get("frozen") or config.get("validate_assignment") or (info and info.frozen):
            self.refuse(
                field,
                "is set, which pydantic validates or refuses, in code that is not Python",
                "Set it outside the compiled function.",
                "Make a changed copy: model_copy(update={...}).",
            )
        note_change(tx, cls)
        if info is None and field not in (self.example.__private_attributes__ or {}):
            return super().call_method(tx, "__setattr__", [name, value], {})  # type: ignore[misc,no-any-return]
        if info is not None and not isinstance(cls.__dict__.get(field), property):
            place = self.source and AttrSource(self.source, _FIELDS_SET)
            fields_set = VariableTracker.build(tx, getattr(self.example, _FIELDS_SET), place)
            fields_set.realize().call_method(tx, "add", [name], {})
        # replayed as it is written, so that pydantic files it where it belongs
        tx.output.side_effects.store_attr(self, field, value)
        return ConstantVariable.create(None)

    def needs_slow_setattr(self) -> bool:
        """No, pydantic's own is replayed, unless this is what pydantic's own does."""
        return written_past(self)


class SettingsVariable(Settable, SnapshotVariable):
    """A model without tensors."""

    #: The symbolic numbers that a model was made of while tracing, by the fields that keep them.
    #: Any use but reading one fixes them to what the model at hand has.
    symbols: Mapping[str, SymNodeVariable] = {}

    def depend(self) -> None:
        for symbol in self.symbols.values():
            specialize_symnode(symbol)
        super().depend()

    def reconstruct(self, codegen: PyCodegen) -> None:
        self.depend()
        super().reconstruct(codegen)

    def clone(self, **changes: Any) -> VariableTracker:
        new: Any = super().clone(**changes)
        new.symbols = self.symbols
        return new  # type: ignore[no-any-return]

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if (
            name == "__setattr__"
            and self.is_object
            and vars(_MODEL)["__setattr__"]
            is inspect.getattr_static(type(self.example), "__setattr__")
        ):
            return self.set(tx, *args)
        return super().call_method(tx, name, args, kwargs)

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        if name in self.symbols:
            return self.symbols[name]
        if self.is_object and not name.startswith("__") and not self.is_set(tx, name):
            for beside in _BESIDE_FIELDS:
                stored = getattr(self.example, beside) or {}
                changed = changed_part(tx, stored)
                key = ConstantVariable.create(name)
                if changed is not None and key in changed:
                    get = VariableTracker.build(tx, operator.getitem)
                    return get.call_function(tx, [changed, key], {})
                if name in stored and not is_found(self.example, name):
                    place = DictGetItemSource(AttrSource(self.source, beside), name)
                    return VariableTracker.build(tx, stored[name], place)
        return super().attribute(tx, name)


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
        return method in _ANSWERED and self.lookup_class_mro_attr(method) is vars(_MODEL)[method]

    # copies

    def copied(self, tx: Any, kwargs: dict[str, VariableTracker]) -> VariableTracker:
        """What ``model_copy`` gives."""
        changes = kwargs.get("update", ConstantVariable.create(None)).realize()
        deep = kwargs.get("deep", ConstantVariable.create(False))
        plain = changes.is_constant_none() or isinstance(changes, ConstDictVariable)
        pending = self.is_new or tx.output.side_effects.has_pending_mutation(self)
        if pending or not plain or not deep.is_constant_match(False):
            self.refuse("model_copy", "is deep, or of a model that this function made or changed")
        updates: dict[str, VariableTracker] = {}
        if isinstance(changes, ConstDictVariable):
            updates = {key.vt.as_python_constant(): item for key, item in changes.items.items()}
        if not updates.keys() <= self.fields.keys():
            self.refuse("model_copy", "adds something that the model does not have")
        names = TupleVariable([VariableTracker.build(tx, name) for name in updates])
        return ModelVariable.new(
            tx,
            self.value.model_copy(),
            {**self.fields, **updates},
            _Copied,
            [self, names, *updates.values()],
            self.cls_source or (self.source and TypeSource(self.source)),
        )

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
            *cls.model_computed_fields,
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
        return self.refuse("model_dump", f"meets a {part.python_type_name()}")  # type: ignore[no-any-return]


def _value(part: VariableTracker) -> Any:
    return part.as_python_constant() if part.is_python_constant() else part


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
    fields = staticmethod(_names)

    @staticmethod
    def when(value: Any) -> bool:
        """Whether the content of ``value`` cannot be read."""
        try:
            content_key(value)
        except Exception:
            return True
        return False


class ModelClassVariable(SnapshotClassVariable):
    """A class of models; it is called with constants, or not at all."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        symbols = _symbols(self.value, kwargs)
        folded = self.fold(
            tx, self.text(), lambda: self.value, args, {**kwargs, **_at_hand(symbols)}
        )
        if isinstance(folded, SettingsVariable):
            folded.symbols = symbols
        elif symbols:  # a visitor of the user's own takes it
            folded = self.fold(tx, self.text(), lambda: self.value, args, kwargs)
        return self.refuse_call() if folded is None else folded

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        own = name in ("__copy__", "__deepcopy__") or name in _ON_CLASS
        return GetAttrVariable(self, name) if own else super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in ("__copy__", "__deepcopy__") and len(args) >= 1:
            # what copy.copy() calls
            return args[0].realize().call_method(tx, name, list(args[1:]), kwargs)
        return super().call_method(tx, name, args, kwargs)

    def refuse_call(self) -> Any:
        """Break the graph because an operand is not known."""
        refuse(
            self.text(),
            "validates what it is given in code that is not Python, so it must be known while "
            "tracing; a tensor is not",
            "Make the model outside the compiled function, or a changed copy of one: "
            "model_copy(update={...}).",
        )


def _symbols(cls: Any, kwargs: Mapping[str, VariableTracker]) -> dict[str, SymNodeVariable]:
    """The symbolic numbers that a model of ``cls`` keeps as they are given."""
    given = {name: kwargs[name].realize() for name in kept_as_given(cls) if name in kwargs}
    return {
        name: one
        for name, one in given.items()
        if isinstance(one, SymNodeVariable)
        and one.python_type() in kept_as_given(cls)[name]
        and one.sym_num.node.has_hint()
    }


def _at_hand(symbols: Mapping[str, SymNodeVariable]) -> dict[str, VariableTracker]:
    """What the numbers are now, without a guard."""
    return {
        name: ConstantVariable.create(one.python_type()(one.sym_num.node.hint))
        for name, one in symbols.items()
    }


class Models(SnapshotVisitor):
    """Models that hold nothing but data."""

    types = (_MODEL,)
    folded_class = SettingsVariable
    fold_calls = True
    traced = ("model_extra", "model_fields_set")

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return ModelClassVariable(cls, self.impure, state=type(self).state, **options)


def register(registry: Registry) -> None:
    """Add the visitors for models to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Models)
    registry.register(ModelsWithTensors)
