"""`SnapshotVariable`: the tracker of a value that could change, and is not allowed to."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo import exc
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListIteratorVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.content import content_key
from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c
from vartrack.bases.tracing.classes.own_code import is_own, is_own_code
from vartrack.bases.tracing.contents.empty_slots import asked_of_class
from vartrack.bases.tracing.contents.stored_attributes import (
    NOT_STORED,
    guard_keys,
    holds,
    is_found,
    need_stored,
    stored_at,
)
from vartrack.bases.tracing.filled.keepers import all_kept
from vartrack.bases.tracing.filled.kept_apart import note_change, note_deletion
from vartrack.bases.tracing.filled.own_dict import OwnDictVariable, OwnItems
from vartrack.bases.tracing.known.addresses import TEXTS
from vartrack.bases.tracing.objects.merging import items_given
from vartrack.bases.tracing.snapshots.parts import Load, Parts
from vartrack.bases.tracing.snapshots.tried_on_copies import TriedOnCopies
from vartrack.bases.tracing.snapshots.ways import Access
from vartrack.compat.hooks import hook_of, of_base
from vartrack.core.guarding import guards

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["SnapshotVariable"]

_read_object = hook_of(UserDefinedObjectVariable, "tp_getattro_impl")


class SnapshotVariable(TriedOnCopies, UserDefinedObjectVariable):
    """A value that could change: it is evaluated on a copy, and a change is refused.

    Args:
        value: the value.
        impure: names of attributes and methods that break the graph.
        key: tells whether a use changed the value.
        load: writes the instructions that load it, if it is part of a value without a source.
        options: what a `FoldedVariable` takes.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {
        "load",
        *TriedOnCopies._nonvar_fields,
        *UserDefinedObjectVariable._nonvar_fields,
    }

    #: Whether torch asks for the object itself, rather than in order to compare it.
    _shown = False

    def __init__(
        self,
        value: Any,
        impure: tuple[str, ...] = (),
        *,
        key: Callable[[Any], Any] | None = None,
        load: Load | None = None,
        **options: Any,
    ) -> None:
        parts = Parts(self, SnapshotVariable)
        super().__init__(value, impure, key=key or content_key, parts=parts, **options)
        self.load = load

    def begin(self, value: Any, **options: Any) -> None:
        # Being torch's tracker of objects as well lets `**value`, `list.extend(value)` and
        # `value.name = ...` find their way here; what it does itself is overridden.
        UserDefinedObjectVariable.__init__(self, value, **options)

    @property
    def value(self) -> Any:
        """The value. torch's tracker of objects asks it for what is stored, and guards that."""
        return self.example

    @value.setter
    def value(self, value: Any) -> None:
        self.__dict__["value"] = value

    def clone(self, **changes: Any) -> VariableTracker:
        names = ("impure", "key", "state", "refused", "placed", "load", "content")
        names = (*names, "source", "mutation_type")  # type: ignore[assignment]
        kept = {"value": self.example, **{name: getattr(self, name) for name in names}}
        return type(self)(**{**kept, **changes})

    #: Whether torch's tracker of objects can deal with what the class does in Python.
    like_object: ClassVar[bool] = True

    @property
    def is_object(self) -> bool:
        """Whether what is not evaluated may be left to torch's tracker of objects."""
        return self.source is not None and self.like_object

    @property
    def traces(self) -> bool:
        """Whether methods and properties that the user wrote are traced."""
        return self.source is not None

    def depend(self) -> None:
        # a part is covered by the key of the whole
        whole = self.parts.whole
        if whole is self:
            super().depend()
        else:
            whole.depend()

    def guard_as_python_constant(self) -> Any:
        return self.as_python_constant()

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.load is not None:
            self.load(codegen)
            return
        # made while tracing: each call of the compiled function makes a new one
        codegen.add_push_null(lambda: codegen.load_import_from("copy", "deepcopy"))
        of_base(super().reconstruct)(codegen)
        codegen.call_function(1, False)

    # uses

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        if name == "__class__":
            place = Access("attr", name).source(self.source)
            return VariableTracker.build(tx, type(self.example), place)
        if name == "__dict__" and self.content is not None and hasattr(self.example, name):
            guard_keys(self.content, name)  # torch's own guards leave that out
            if self.source is not None and name not in self.impure:
                self.guard_state()
                if all_kept(self, tx):
                    return self.filled_dict(tx)
                return _read_object(self, tx, name)  # item by item
        if name in self.impure:
            return super().attribute(tx, name)
        given = asked_of_class(self, self.example, tx, name)
        if given is not None:
            return given
        stored = stored_at(self.example, name)
        if not self.is_set(tx, name):
            need_stored(tx, self.example, name, self.source)
        if self.source is None and stored is not NOT_STORED:
            return self.part(tx, stored, Access("attr", name))
        if stored is not NOT_STORED or self.is_set(tx, name) or self.is_own(name):
            self.guard_state()
            self.guard_beside(name, stored)
            static, is_set = self.of_class(name), self.is_set(tx, name)
            absent = stored is NOT_STORED and not holds(self.example, name)
            if static is None and absent and not is_set and self.source is not None:
                guards.install_absence(self.source, self.example, name)
            if isinstance(static, types.MemberDescriptorType) and not is_set:
                return VariableTracker.build(tx, stored, AttrSource(self.source, name))
            # where it is, with guards of its own: other parts may change
            try:
                return _read_object(self, tx, name)
            except exc.Unsupported:
                self.refused = True  # else torch evaluates a property on the value itself
                raise
        if not self.is_object:
            return super().attribute(tx, name)
        return self.first_of(
            lambda: super(SnapshotVariable, self).attribute(tx, name),
            lambda: _read_object(self, tx, name),
        )

    def filled_dict(self, tx: Any) -> VariableTracker:
        """The ``__dict__`` of a value that the traced code has filled."""
        if self.is_changed(tx):
            self.refuse("__dict__", "is asked of a value that this function has changed and filled")
        return OwnDictVariable(OwnItems(self, tx))

    def first_of(
        self, evaluate: Callable[[], VariableTracker], trace: Callable[[], VariableTracker]
    ) -> VariableTracker:
        """What evaluating gives; if that is refused, as it changes the value say, tracing."""
        before = self.refused
        try:
            return evaluate()
        except exc.Unsupported as error:
            self.refused = before
            try:
                found = trace()
            except exc.Unsupported:
                self.refused = True
                raise error from None
            error.remove_from_stats()
            return found

    def is_own(self, name: str) -> bool:
        """Whether code that the user wrote gives the attribute, which is traced."""
        if not self.traces:
            return False
        cls = type(self.example)
        static = self.of_class(name)
        if type(static) is property and self.is_to_be_traced(name, static.fget):
            return True
        if is_own_code(cls.__getattribute__):
            return True
        return is_own_code(on_class(cls, "__getattr__")) and not is_found(self.example, name)

    def get_dict_vt(self, tx: Any) -> Any:
        # torch reads the dict of the object at hand
        self._shown = True
        try:
            return super().get_dict_vt(tx)
        finally:
            self._shown = False

    def get_real_python_backed_value(self) -> object:
        return self.example if self._shown else super().get_real_python_backed_value()

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        if self.is_set(tx, name):
            return ConstantVariable.create(self.gives_attribute(tx, name))
        if self.source is not None and stored_at(self.example, name) is not NOT_STORED:
            self.guard_presence(name)  # whatever else of it was changed
            return ConstantVariable.create(True)
        if self.is_object and self.may_be_filled(tx) and self.is_found_in_c(name):
            self.guard_presence(name)
            return ConstantVariable.create(self.is_there(tx, name))
        return super().call_obj_hasattr(tx, name)

    def is_found_in_c(self, name: str) -> bool:
        """Whether it takes no code of the class to tell that the value lacks an attribute."""
        cls = type(self.example)
        plain = reads_in_c(cls) and on_class(cls, "__getattr__") is None
        return plain and on_class(cls, name) is None

    def is_there(self, tx: Any, name: str) -> bool:
        """Whether the value as it is now, changed, stores the attribute."""
        try:
            _read_object(self, tx, name)
        except exc.ObservedAttributeError:
            exc.handle_observed_exception(tx)
            return False
        return True

    def is_set(self, tx: Any, name: str) -> bool:
        """Whether the traced code has set or deleted the attribute."""
        return bool(tx.output.side_effects.has_pending_mutation_of_attr(self, name))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in self.impure:
            return super().call_method(tx, name, args, kwargs)
        static = on_class(type(self.example), name)
        if self.is_attribute_store(name, static):
            note_change(tx, type(self.example))
            if name == "__delattr__":
                note_deletion(tx, self, self.example, args[0].as_python_constant())
            self.refused = True  # else torch evaluates what it cannot trace on the old value
            return UserDefinedObjectVariable.call_method(self, tx, name, args, kwargs)
        if name == "__reduce_ex__" and self.is_object and self.is_copied_as_object():
            return self.copied_as_object(tx, self, args, kwargs)
        own = self.own_method(name)
        if own is not None:
            # what it reads on its way is guarded, and so is the function itself
            return self.trace_own(tx, name, own, args, kwargs)
        traceable = isinstance(static, types.FunctionType) and name not in TEXTS
        if not self.is_object or not traceable:
            return super().call_method(tx, name, args, kwargs)
        return self.first_of(
            lambda: super(SnapshotVariable, self).call_method(tx, name, args, kwargs),
            lambda: UserDefinedObjectVariable.call_method(self, tx, name, args, kwargs),
        )

    def attempt(
        self, tx: Any, code: types.CodeType, trace: Callable[[], VariableTracker]
    ) -> VariableTracker:
        if not is_own(code):
            return super().attempt(tx, code, trace)
        try:
            return trace()  # no way back: what the user wrote may change the value
        except exc.Unsupported:
            self.refused = True  # else torch evaluates it on the value itself
            raise

    def can_trace(self, function: types.FunctionType) -> bool:
        return self.traces and (is_own(function.__code__) or super().can_trace(function))

    def is_attribute_store(self, name: str, static: Any) -> bool:
        """Whether ``name`` sets or deletes an attribute in a way that torch can replay."""
        if not self.is_object or name not in ("__setattr__", "__delattr__"):
            return False
        return static is getattr(object, name) or isinstance(static, types.FunctionType)

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        own = self.own_method("__iter__")
        if own is not None:
            return self.trace_own(tx, "__iter__", own, (), {})
        if isinstance(self.value, Iterator):
            self.refuse_change("__next__")
        indexed = self.indexed_items(tx) or self.tuple_items(tx)
        if indexed is not None:
            return ListIteratorVariable(indexed, mutation_type=ValueMutationNew())
        return self.fold(tx, "__iter__", lambda subject: iter(tuple(subject)))

    def items_of(self, tx: Any) -> list[VariableTracker]:
        return items_given(tx, self.tp_iter_impl(tx))

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return self.items_of(tx)
