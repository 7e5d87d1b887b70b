"""`GuardedClassVariable`: a class of which every literal that is read of it is guarded."""

from __future__ import annotations

from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.compat import behaviour
from vartrack.compat.hooks import Hooks

__all__ = ["GuardedClassVariable"]


class GuardedClassVariable(Hooks, UserDefinedClassVariable):
    """The class of values of a registered type. Up to 2.11 torch reads literals unguarded.

    .. versionadded:: 0.2
    """

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if self.source is not None and not behaviour.GUARDS_ATTRIBUTES_OF_CLASSES:
            static = on_class(self.value, name)
            if static is not None and ConstantVariable.is_literal(static):
                return VariableTracker.build(tx, static, AttrSource(self.source, name))
        return super().tp_getattro_impl(tx, name)
