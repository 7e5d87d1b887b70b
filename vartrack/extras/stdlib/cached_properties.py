"""`functools.cached_property`, which up to Python 3.11 takes a lock that torch cannot enter."""

from __future__ import annotations

import functools
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.ctx_manager import NullContextVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import Hooks
from vartrack.visitors.objects import Objects

__all__ = ["CachedProperties"]

_LOCK = "lock"


class CachedPropertyVariable(Hooks, UserDefinedObjectVariable):
    """A property that is worked out once for each object, and then kept in its ``__dict__``."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        """The lock is taken while the value is worked out, which the graph does not do."""
        if name == _LOCK and _LOCK in vars(self.value):
            return NullContextVariable()
        return super().tp_getattro_impl(tx, name)


class CachedProperties(Objects):
    """``functools.cached_property``: the function is traced, and what it gives is kept.

    Up to Python 3.11 one thread at a time works out such a property of any object. A compiled
    function works it out without that.

    .. versionadded:: 0.2
    """

    types = (functools.cached_property,)  # type: ignore[assignment]  # a generic class
    exact = True
    tracker_class = CachedPropertyVariable
