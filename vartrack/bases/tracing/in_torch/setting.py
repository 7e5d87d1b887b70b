"""``value.name = ...`` of a folded value, which torch would not ask, or set on the value itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.compat.instructions import SET, SETTER
from vartrack.core.wrappers import Wrappers

__all__ = ["SETTING"]


def _asked(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call(self: Any, tx: Any, owner: VariableTracker, *args: VariableTracker) -> Any:
        if isinstance(owner, FoldedVariable) and not isinstance(owner, UserDefinedObjectVariable):
            return owner.call_method(tx, "__setattr__", [*args], {})
        return own(self, tx, owner, *args)

    return call


#: What is put in place in torch.
SETTING = Wrappers((SETTER, SET, _asked))
