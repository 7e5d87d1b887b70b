"""Models without tensors: known while tracing, and made there of what is known."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pydantic
from pydantic.fields import FieldInfo
from torch._dynamo.source import AttrSource, DictGetItemSource, TypeSource
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.snapshot import SnapshotClassVariable, SnapshotVariable, SnapshotVisitor
from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.contents.stored_attributes import is_found
from vartrack.bases.tracing.contents.zeros import with_sign
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat.hooks import of_base, read_attribute
from vartrack.compat.making import lazy
from vartrack.extras.pydantic.records import COPYING, copied, stored_names
from vartrack.extras.pydantic.schemas import kept_as_given
from vartrack.extras.pydantic.setting import Settable, changed_part

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.core.context import BuilderContext

__all__ = ["Fields", "ModelClassVariable", "Models", "SettingsVariable"]

_MODEL = pydantic.BaseModel
#: Where a model stores what is no field.
_BESIDE_FIELDS = ("__pydantic_private__", "__pydantic_extra__")
#: Where a class keeps its fields, from pydantic 2.10 on.
_FIELDS = "__pydantic_fields__"
#: Class methods that are evaluated if all operands are known.
_ON_CLASS = ("model_construct", "model_json_schema", "model_validate", "model_validate_json")


def _is_empty(args: Any) -> bool:
    """Whether nothing was copied yet, by what ``__deepcopy__`` is given."""
    known = [arg.realize() for arg in args]
    return all(type(arg) is ConstDictVariable and not arg.items for arg in known)


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
        of_base(super().reconstruct)(codegen)

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
        if self.is_deep_copy(name, kwargs):
            if self.is_changed(tx) or not _is_empty(args):
                refuse(
                    self.text(name),
                    "is asked of a model that this function has changed, or that is copied "
                    "together with others, and ends in code that is not Python",
                    "Copy the model alone and before it is changed.",
                )
            if name == "__deepcopy__":
                # what it is given to know copies by, which no other part of the copy needs
                deep = {"deep": ConstantVariable.create(True)}
                return super().call_method(tx, "model_copy", [], deep)
        elif not args and self.is_shallow_copy(tx, name) and self.shares_what_changes():
            return copied(tx, self, self.stored(tx), kwargs)
        return super().call_method(tx, name, args, kwargs)

    def is_shallow_copy(self, tx: Any, name: str) -> bool:
        """Whether pydantic's own code copies a model that is as it was given."""
        if name not in COPYING or self.source is None or self.symbols:
            return False
        is_own = all(self.of_class(each) is vars(_MODEL)[each] for each in COPYING)
        return is_own and not self.is_changed(tx)

    def shares_what_changes(self) -> bool:
        """Whether a copy of the model holds something that both may change."""
        trial = self.tried()
        return trial.shares(trial.subject.__copy__())

    def stored(self, tx: Any) -> dict[str, VariableTracker]:
        """The trackers of what the model stores, built when they are needed."""
        return {
            name: lazy(getattr(self.example, name), AttrSource(self.source, name), tx=tx)
            for name in stored_names(self.example)
        }

    def is_deep_copy(self, name: str, kwargs: Any) -> bool:
        """Whether it is pydantic's own method that is called, and copies what the model holds."""
        deep = name == "__deepcopy__" or (name == "model_copy" and "deep" in kwargs)
        return deep and self.of_class(name) is vars(_MODEL)[name]

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        operands = (self, other.realize())
        changed = [each for each in operands if isinstance(each, SettingsVariable)]
        if not any(each.is_changed(tx) for each in changed):
            return super().tp_richcompare_impl(tx, other, op)
        if not self.is_object or self.of_class(op) not in (vars(_MODEL)["__eq__"], object.__ne__):
            return super().tp_richcompare_impl(tx, other, op)
        for each in changed:
            each.refused = True  # it is not what it was, so nothing is to be evaluated on it
        if op == "__ne__":
            return self.unequal(tx, other)
        return UserDefinedObjectVariable.call_method(self, tx, op, [other], {})

    def beside_fields(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Where the model stores what is no field, which may be empty, and what is there."""
        for name in _BESIDE_FIELDS:
            stored = getattr(self.example, name)
            if stored is not None:
                yield name, stored

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        if name in self.symbols:
            return self.symbols[name]
        if name == "model_fields" and self.source is not None:
            cls = VariableTracker.build(tx, type(self.example), TypeSource(self.source)).realize()
            return read_attribute(cls, tx, name)
        if self.is_object and not name.startswith("__") and not self.is_set(tx, name):
            for beside, stored in self.beside_fields():
                changed = changed_part(tx, stored)
                key = ConstantVariable.create(name)
                if changed is not None and key in changed:
                    get = VariableTracker.build(tx, operator.getitem)
                    return get.call_function(tx, [changed, key], {})
                if changed is not None and name in stored:
                    self.refuse(name, "was deleted by this function, and is asked for")
                if name in stored and not is_found(self.example, name):
                    place = DictGetItemSource(AttrSource(self.source, beside), name)
                    if self.content is not None:
                        with_sign(self.content.compile, place, stored[name])
                    return VariableTracker.build(tx, stored[name], place)
        return super().attribute(tx, name)

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        present = None if self.is_set(tx, name) else self.is_present(tx, name)
        return super().call_obj_hasattr(tx, name) if present is None else present

    def is_present(self, tx: Any, name: str) -> ConstantVariable | None:
        """Whether it has what only pydantic's own look-up finds, whatever else was changed."""
        cls = type(self.example)
        own = on_class(cls, "__getattr__") is vars(_MODEL).get("__getattr__")
        if not self.is_object or not own or on_class(cls, name) is not None:
            return None
        for _, stored in self.beside_fields():
            changed = changed_part(tx, stored)
            if changed is None:
                continue
            if ConstantVariable.create(name) in changed:
                return ConstantVariable.create(True)
            if name in stored:
                return ConstantVariable.create(False)  # the traced code has taken it out
        self.guard_presence(name)
        return ConstantVariable.create(hasattr(self.example, name))


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
        if name == "model_fields" and self.source and (fields := _fields(tx, self)) is not None:
            return fields
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


def _fields(tx: Any, cls: Any) -> VariableTracker | None:
    """``model_fields`` of a class, by where it keeps them; None up to pydantic 2.9.

    What they are found by runs code of pydantic's whenever the attribute is read.
    """
    kept = vars(cls.value).get(_FIELDS)
    return (
        None if kept is None else VariableTracker.build(tx, kept, AttrSource(cls.source, _FIELDS))
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


class Fields(SnapshotVisitor):
    """What a class of models says of one of its fields."""

    types = (FieldInfo,)


class Models(SnapshotVisitor):
    """Models that hold nothing but data."""

    types = (_MODEL,)
    folded_class = SettingsVariable
    fold_calls = True
    traced = ("__iter__", "model_extra", "model_fields_set")

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return ModelClassVariable(cls, self.impure, state=type(self).state, **options)
