"""`RecordVariable`: the tracker of an object made of named fields, each built on its own."""

from __future__ import annotations

import operator
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.variables.base import AttributeMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import has_on_class, is_by_identity, on_class
from vartrack.bases.tracing.classes.method_guard import guard_method
from vartrack.bases.tracing.classes.reflexive import answer_with_itself
from vartrack.bases.tracing.contents.empty_slots import asked_of_class, uncovered
from vartrack.bases.tracing.contents.stored_attributes import need_stored
from vartrack.bases.tracing.filled.kept_apart import note_change, note_deletion
from vartrack.bases.tracing.known.identity import hash_of_object
from vartrack.bases.tracing.objects.in_c import OF_NUMBERS
from vartrack.bases.tracing.objects.merging import (
    gone_through,
    listed,
    merged_by_keys,
    need_iterable,
)
from vartrack.bases.tracing.objects.reducing import TracedCopy
from vartrack.bases.tracing.objects.same_key import TracedKey
from vartrack.bases.tracing.objects.traced_text import TracedText, of_texts
from vartrack.compat import operators
from vartrack.compat.hooks import hash_of, read_attribute
from vartrack.core.guarding import guards

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["RecordVariable"]

#: What says how many items a container holds.
_LENGTHS = tuple(cls.__len__ for cls in (dict, frozenset, list, set, tuple))


class RecordVariable(TracedCopy, TracedKey, TracedText, UserDefinedObjectVariable):
    """An object whose fields have trackers, however the class stores them.

    Args:
        value: the object.
        fields: the tracker of each field.
        by_fields: see `RecordVisitor`.
        options: ``source`` if it has one, and what else torch's tracker of objects takes.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {"by_fields", "fields", *UserDefinedObjectVariable._nonvar_fields}

    def __init__(
        self,
        value: Any,
        fields: Mapping[str, VariableTracker],
        by_fields: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(value, **options)
        self.fields = fields
        self.by_fields = by_fields

    @classmethod
    def new(
        cls,
        tx: Any,
        value: Any,
        fields: Mapping[str, VariableTracker],
        maker: type,
        arguments: Sequence[VariableTracker],
        class_source: Source | None,
        **options: Any,
    ) -> RecordVariable:
        """The tracker of a record that the traced code makes.

        Args:
            tx: the tracer.
            value: an object of the same class; its fields are not looked at.
            fields: the tracker of each field.
            maker: ``maker.__new__(the class, *arguments)`` makes the record when the graph has run.
            arguments: the trackers of what that takes.
            class_source: where the class is.
            options: further arguments of the tracker class.
        """
        tracker = cls(
            value,
            fields,
            cls_source=class_source,
            base_cls_vt=VariableTracker.build(tx, maker),
            init_args=list(arguments),
            mutation_type=AttributeMutationNew(class_source),
            **options,
        )
        effects: SideEffects = tx.output.side_effects
        effects.id_to_variable[id(value)] = tracker
        effects.keepalive.append(value)
        return tracker

    @property
    def is_new(self) -> bool:
        """Whether the traced code made the record, so that only ``fields`` is to be believed."""
        return isinstance(self.mutation_type, AttributeMutationNew)

    def field_values(self, tx: Any) -> dict[str, VariableTracker]:
        """The fields as they are now."""
        return {name: read_attribute(self, tx, name) for name in self.fields}

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of a mapping, as a new dict."""
        cls: Any = self.python_type()
        if not has_on_class(cls, "keys"):
            return None
        if issubclass(cls, dict) and cls.__iter__ is dict.__iter__:
            self.refuse("keys", "is not asked of a dict, whose items are not fields")
        return merged_by_keys(tx, self)

    def listed(self, tx: Any) -> VariableTracker | None:
        """What ``list(value)`` takes of it; None to leave it to torch, which asks for a length."""
        cls = self.python_type()
        need_iterable(tx, cls)
        goes = on_class(cls, "__iter__") or on_class(cls, "__getitem__")
        if not isinstance(goes, types.FunctionType):
            return None
        return listed(self.unpack_var_sequence(tx))

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        try:
            return list(super().unpack_var_sequence(tx))
        except NotImplementedError:
            return gone_through(tx, self)

    # attributes

    def field(self, tx: Any, name: str) -> VariableTracker | None:
        """The tracker of the attribute ``name``; None to read it as that of any object."""
        effects = tx.output.side_effects
        field = self.fields.get(name)
        if field is not None and not effects.has_pending_mutation_of_attr(self, name):
            # a property may depend on what has changed, so it is traced then
            computed = self.lookup_class_mro_attr(name)
            if not isinstance(computed, property) or not effects.has_pending_mutation(self):
                return field
        if self.is_new and name in ("__dict__", "__slots__"):
            self.refuse(name, "is asked of a record that was made while tracing")
        return None

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        field = self.field(tx, name)
        if field is not None:
            return field
        given = asked_of_class(self, self.value, tx, name) or uncovered(self, tx, name)
        if given is not None:
            return given
        cls = self.python_type()
        pending = tx.output.side_effects.has_pending_mutation_of_attr(self, name)
        if not self.is_new and not pending:
            need_stored(tx, self.value, name, self.source)
        absent = on_class(cls, name) is None and name not in getattr(self.value, "__dict__", ())
        if absent and not pending and self.source is not None:
            guards.install_absence(self.source, self.value, name)
        return super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in ("__setattr__", "__delattr__"):
            note_change(tx, self.python_type())
            if self.in_c(name):
                return self.set_in_c(tx, name, *args)
            if name == "__delattr__":
                note_deletion(tx, self, self.value, args[0].as_python_constant())
        elif name in OF_NUMBERS:
            self.traceable(name)
        if name.startswith("__") and not self.is_new:
            guard_method(tx, self, name)
        return super().call_method(tx, name, args, kwargs)

    def set_in_c(
        self, tx: Any, method: str, name: VariableTracker, *values: VariableTracker
    ) -> VariableTracker:
        """Set or delete an attribute of a class that has its own way of doing so."""
        field = name.as_python_constant()
        if not self.by_fields:
            self.refuse_c(method)
        if method == "__delattr__" or field not in self.fields:
            self.refuse(field, "is to be deleted, or is no field and is to be set")
        tx.output.side_effects.store_attr(self, field, values[0])
        return ConstantVariable.create(None)

    def needs_slow_setattr(self) -> bool:
        # replayed as `record.field = value`, so that the class can do it in its own way
        return not self.in_c("__setattr__") and super().needs_slow_setattr()

    # a container with methods of its own, whose items are no fields: nothing changes it here

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        counts = on_class(self.python_type(), "__len__")
        if self.source is None or counts not in _LENGTHS:
            return super().sq_length_impl(tx)
        guards.install(self.source, "SEQUENCE_LENGTH")
        return ConstantVariable.create(counts(self.value))

    mp_length_impl = sq_length_impl

    # a sequence in C, which torch takes for one without the operator

    def sq_concat_impl(self, tx: Any, other: VariableTracker) -> VariableTracker:
        self.traceable("__add__")
        return super().sq_concat_impl(tx, other)

    def sq_inplace_concat_impl(self, tx: Any, other: VariableTracker) -> VariableTracker:
        self.traceable("__iadd__")
        self.traceable("__add__")
        return super().sq_inplace_concat_impl(tx, other)

    # comparison and hashing

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        answer = self.compared(tx, other.realize(), op)
        return super().tp_richcompare_impl(tx, other, op) if answer is None else answer

    def compared(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker | None:
        """The result of a comparison, such as ``__eq__``; None to trace the class's own."""
        if op == "__ne__" and self.negates_equality():
            equal: Any = VariableTracker.build(tx, operator.eq)
            answer = equal.call_function(tx, [self, other], {})
            negate: Any = VariableTracker.build(tx, operator.not_)
            return negate.call_function(tx, [answer], {})  # type: ignore[no-any-return]
        if not self.in_c(op):
            return None
        known = answer_with_itself(self.python_type(), op) if other is self else None
        if known is not None:
            return ConstantVariable.create(known)
        if not self.by_fields:
            self.refuse_c(op)
        if not isinstance(other, RecordVariable) or other.python_type() is not self.python_type():
            return ConstantVariable.create(NotImplemented)
        # a tuple of the fields compares as they do, one after the other
        fields = [TupleVariable(list(one.field_values(tx).values())) for one in (self, other)]
        compare = getattr(operator, op)
        result: VariableTracker = VariableTracker.build(tx, compare).call_function(tx, fields, {})
        return result

    def negates_equality(self) -> bool:
        """Whether ``!=`` is left to an ``__eq__`` of the class, which may give a symbolic bool."""
        cls = self.python_type()
        left = getattr(cls, "__ne__", None) is object.__ne__
        return left and not is_by_identity(cls, "__eq__")

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        number = hash_of_object(self, self.value)
        if number is not None:
            return number, False
        if not self.in_c("__hash__"):
            return super().hash_impl(tx)
        if not self.by_fields:
            self.refuse_c("__hash__")
        # good for dicts made while tracing; the class may work it out differently
        return hash_of(TupleVariable(list(self.field_values(tx).values())), tx), True

    # refusal

    def refuse_c(self, method: str) -> Any:
        """Break the graph because a method is implemented in C."""
        self.refuse(
            method,
            "is implemented in C, so that nothing is known of what it does",
            "Set `by_fields = True` in its visitor if it does no more than a dataclass would do.",
            "Do it outside the compiled function.",
        )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPERATIONS.add_class(cls)


OPERATIONS = of_texts(RecordVariable, operators.comparisons(RecordVariable))
