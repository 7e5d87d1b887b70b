"""`msgspec`: structs as records.

Each field of a `msgspec.Struct` is built from its own place: a tensor is a graph input, anything
else has its own guards. Setting fields, comparing, hashing, copying, ``msgspec.structs.replace``,
``asdict`` and ``astuple`` are traced, and so is making a struct whose class has no
``__post_init__``.
"""

from __future__ import annotations

import copy
import inspect
import operator
import types
from typing import TYPE_CHECKING, Any

import msgspec
from torch._dynamo.source import TypeSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.record import ByKeyword, RecordVariable, RecordVisitor
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.extras._functions import ReplacedFunctions

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.dispatch.registry import Registry

__all__ = ["Structs", "register"]


def _in_order(compare: Any, or_equal: bool, left: Any, right: Any) -> Any:
    """How msgspec orders the fields of two structs; this is traced."""
    one = other = None
    for one, other in zip(left, right, strict=True):
        if one == other:
            continue
        return compare(one, other)
    return or_equal or compare(one, other)


class _Probe(msgspec.Struct):
    told: bool = False

    def __post_init__(self) -> None:
        self.told = True


#: Whether ``replace`` calls ``__post_init__``, as it does since msgspec 0.21.
_REPLACE_TELLS: bool = msgspec.structs.replace(_Probe(), told=False).told


class StructVariable(RecordVariable):
    """A struct."""

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__copy__" and not args:
            return self.replaced(tx, {})
        if name == "__replace__" and not args:
            return self.replaced_by_msgspec(tx, kwargs)
        return super().call_method(tx, name, args, kwargs)

    def call_base_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        # asked for `Struct.__copy__(struct)`
        if name == "__copy__":
            return self.replaced(tx, {})
        return super().call_base_method(tx, name, args, kwargs)

    def set_in_c(
        self, tx: Any, method: str, name: VariableTracker, *values: VariableTracker
    ) -> VariableTracker:
        if self.value.__struct_config__.frozen:
            text = f"immutable type: '{self.python_type().__name__}'"
            raise_in_program(tx, AttributeError(text))
        return super().set_in_c(tx, method, name, *values)

    def compared(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker | None:
        config = self.value.__struct_config__
        if self.in_c(op) and not (config.eq if op in ("__eq__", "__ne__") else config.order):
            return ConstantVariable.create(NotImplemented)
        if not self.in_c(op) or op in ("__eq__", "__ne__"):
            return super().compared(tx, other, op)
        if not isinstance(other, StructVariable) or other.python_type() is not self.python_type():
            return ConstantVariable.create(NotImplemented)
        pair = [TupleVariable(list(one.field_values(tx).values())) for one in (self, other)]
        compare = VariableTracker.build(tx, getattr(operator, op))
        result: VariableTracker = VariableTracker.build(tx, _in_order).call_function(
            tx, [compare, ConstantVariable.create(op in ("__le__", "__ge__")), *pair], {}
        )
        return result

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        config = self.value.__struct_config__
        if self.in_c("__hash__") and config.eq and not config.frozen:
            text = f"unhashable type: '{self.python_type().__name__}'"
            raise_in_program(tx, TypeError(text))
        if not config.eq:
            return hash(self.value), True
        return super().hash_impl(tx)

    def replaced(self, tx: Any, changes: dict[str, VariableTracker]) -> VariableTracker:
        """A copy with some fields changed, without its ``__post_init__``."""
        cls = self.python_type()
        for name in changes:
            if name not in self.fields:
                text = f"`{cls.__name__}` has no field '{name}'"
                raise_in_program(tx, TypeError(text))
        fields = {**self.field_values(tx), **changes}
        names = TupleVariable([VariableTracker.build(tx, name) for name in changes])
        pending = {name: fields[name] for name in fields if name not in changes}
        if self.is_new or tx.output.side_effects.has_pending_mutation(self):
            # the original has not all of its values yet when the copy is made
            names = TupleVariable([VariableTracker.build(tx, name) for name in fields])
            changes = {**pending, **changes}
        source = self.cls_source or (self.source and TypeSource(self.source))
        new = StructVariable.new(
            tx,
            copy.copy(self.value),
            {name: fields[name] for name in self.fields},
            _Replaced,
            [self, names, *(changes[name] for name in _names_of(names))],
            source,
            by_fields=self.by_fields,
        )
        return new

    def replaced_by_msgspec(self, tx: Any, changes: dict[str, VariableTracker]) -> VariableTracker:
        """What ``msgspec.structs.replace`` gives, after the struct's own ``__post_init__``."""
        new = self.replaced(tx, changes)
        if _REPLACE_TELLS and hasattr(self.value, "__post_init__"):
            new.call_method(tx, "__post_init__", [], {})
        return new


def _names_of(names: TupleVariable) -> list[str]:
    return [item.as_python_constant() for item in names.items]


class _Replaced:
    """Copies a struct and sets fields of the copy, without its ``__post_init__``."""

    def __new__(  # type: ignore[misc]
        cls, original: Any, names: tuple[str, ...], *values: Any
    ) -> Any:
        new = copy.copy(original)
        for name, value in zip(names, values, strict=True):
            msgspec.structs.force_setattr(new, name, value)
        return new


class StructClassVariable(UserDefinedClassVariable):
    """A class of structs; calling it makes a record."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        cls: Any = self.value
        if hasattr(cls, "__post_init__"):
            return super().call_function(tx, args, kwargs)
        try:
            bound = inspect.signature(cls).bind(*args, **kwargs)
        except TypeError as error:
            raise_in_program(tx, error)
        fields = {}
        for info in msgspec.structs.fields(cls):
            if info.name in bound.arguments:
                fields[info.name] = bound.arguments[info.name]
            elif info.default_factory is not msgspec.NODEFAULT:
                factory = VariableTracker.build(tx, info.default_factory)
                fields[info.name] = factory.call_function(tx, [], {})
            else:
                fields[info.name] = VariableTracker.build(tx, info.default)
        names = TupleVariable([VariableTracker.build(tx, name) for name in fields])
        return StructVariable.new(
            tx,
            cls(**dict.fromkeys(fields)),
            fields,
            ByKeyword,
            [names, *fields.values()],
            self.source,
            by_fields=True,
        )

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        # what copy.copy() calls
        if name == "__copy__" and len(args) == 1 and isinstance(args[0], StructVariable):
            return args[0].realize().call_method(tx, name, [], kwargs)
        return super().call_method(tx, name, args, kwargs)


def _names(struct: Any) -> tuple[str, ...]:
    return type(struct).__struct_fields__  # type: ignore[no-any-return]


class Structs(RecordVisitor):
    """Every `msgspec.Struct`."""

    # with the class in C that its methods are of: on some releases torch asks that for them
    types = tuple(cls for cls in msgspec.Struct.__mro__ if cls is not object)
    by_fields = True
    record_class = StructVariable

    fields = staticmethod(_names)

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return StructClassVariable(cls, **options)


def _replace(tx: Any, struct: VariableTracker, **changes: VariableTracker) -> Any:
    if not isinstance(struct, StructVariable):
        return None
    return struct.replaced_by_msgspec(tx, changes)


def _as_dict(tx: Any, struct: VariableTracker) -> Any:
    if not isinstance(struct, StructVariable):
        return None
    items = {
        VariableTracker.build(tx, name): value for name, value in struct.field_values(tx).items()
    }
    return ConstDictVariable(items, mutation_type=ValueMutationNew())


def _as_tuple(tx: Any, struct: VariableTracker) -> Any:
    if not isinstance(struct, StructVariable):
        return None
    return TupleVariable(list(struct.field_values(tx).values()))


class StructFunctions(ReplacedFunctions):
    """``msgspec.structs.replace``, ``asdict`` and ``astuple``."""

    types = (types.BuiltinFunctionType,)
    answers = {
        id(function): (function, answer)
        for function, answer in (
            (msgspec.structs.replace, _replace),
            (msgspec.structs.asdict, _as_dict),
            (msgspec.structs.astuple, _as_tuple),
        )
    }

    @staticmethod
    def when(value: Any) -> bool:
        return id(value) in StructFunctions.answers


def register(registry: Registry) -> None:
    """Add the visitors for structs to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Structs)
    registry.register(StructFunctions)
