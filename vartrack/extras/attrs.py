"""`attrs`: classes made by ``attrs.define``, ``attrs.frozen`` and ``attr.s`` as records.

Each attribute is built from its own place: a tensor is a graph input, anything else has its own
guards. What ``attrs`` generates is traced: ``__init__`` with its converters, validators and
factories, ``__setattr__`` with its hooks, ``__eq__``, ``attrs.evolve`` and ``attrs.asdict``.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import attrs
from torch._dynamo.eval_frame import skip_code
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.record import RecordVariable, RecordVisitor
from vartrack.core.guarding.keys import Identity
from vartrack.extras._functions import ReplacedFunctions, ReplacedFunctionVariable

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.dispatch.registry import Registry

__all__ = ["Instances", "register"]


@attrs.frozen
class _Frozen:
    """A frozen class like any other."""


#: What ``attrs`` has generated code call, to pass by a class's own ``__setattr__``.
_SETATTR = object.__setattr__
_SETATTR_GET = object.__setattr__.__get__
#: What frozen classes get for ``__setattr__`` and ``__delattr__``.
_FROZEN = (_Frozen.__setattr__, _Frozen.__delattr__)


class InstanceVariable(RecordVariable):
    """An instance of a class that ``attrs`` made."""

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in ("__setattr__", "__delattr__") and not self.is_new and self.is_frozen():
            self.refuse(
                name,
                "raises FrozenInstanceError, since the class is frozen",
                "Make a changed copy with attrs.evolve.",
            )
        return super().call_method(tx, name, args, kwargs)

    def is_frozen(self) -> bool:
        """Whether ``attrs`` made the class refuse to have attributes set."""
        return self.lookup_class_mro_attr("__setattr__") in _FROZEN


class InstanceClassVariable(UserDefinedClassVariable):
    """A class that ``attrs`` made; calling it traces the generated ``__init__``."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        cls: Any = self.value
        if cls.__new__ is not object.__new__ or not self.source:
            return super().call_function(tx, args, kwargs)
        new = InstanceVariable.new(tx, object.__new__(cls), {}, object, [], self.source)
        new.call_method(tx, "__init__", list(args), kwargs)
        return new


def _names(instance: Any) -> list[str]:
    """The attributes; those not set yet are left out."""
    fields = attrs.fields(type(instance))
    return [field.name for field in fields if hasattr(instance, field.name)]


class Attributes(ConstantVisitor):
    """What ``attrs`` keeps of each attribute of a class."""

    types = (attrs.Attribute,)
    key = Identity


class Instances(RecordVisitor):
    """Every instance of a class that ``attrs`` made."""

    types = (object,)
    record_class = InstanceVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return attrs.has(cls)

    fields = staticmethod(_names)

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return InstanceClassVariable(cls, **options)


def _set(tx: Any, *operands: VariableTracker) -> Any:
    """``object.__setattr__(instance, name, value)``."""
    instance, *rest = operands
    if len(rest) != 2 or not isinstance(instance, UserDefinedObjectVariable):
        return None
    return instance.method_setattr_standard(tx, *rest)


def _setter(tx: Any, *operands: VariableTracker) -> Any:
    """``object.__setattr__.__get__(instance)``: sets an attribute of that instance."""
    instance = operands[0]
    return ReplacedFunctionVariable(_SETATTR, lambda tx, *rest: _set(tx, instance, *rest))


class Setters(ReplacedFunctions):
    """``object.__setattr__``, as code that ``attrs`` generates calls it."""

    types = (types.WrapperDescriptorType, types.MethodWrapperType)
    answers = {}

    @staticmethod
    def when(value: Any) -> bool:
        return value is _SETATTR or value == _SETATTR_GET

    def tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> VariableTracker:
        answer = _set if value is _SETATTR else _setter
        return ReplacedFunctionVariable(value, answer, **options)


def register(registry: Registry) -> None:
    """Add the visitors for classes made by ``attrs`` to ``registry``.

    .. versionadded:: 0.1
    """
    for function in _FROZEN:
        # where the graph breaks because of it, torch would trace it next, and fail on its `raise`
        skip_code(function.__code__)
    registry.register(Instances)
    registry.register(Attributes)
    registry.register(Setters)
