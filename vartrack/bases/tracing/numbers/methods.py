"""Methods of numbers that vary, called by their names: `n.__round__(-1)`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.numbers import operators
from vartrack.core.wrappers import Wrappers

__all__ = ["METHODS"]

#: The functions that do the same.
_FUNCTIONS = {"__round__": round, "__divmod__": divmod}


def _as_functions(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        function = _FUNCTIONS.get(name)
        found = None
        if function is not None and not kwargs:
            found = operators.called(tx, function, [self, *args])
        return own(self, tx, name, args, kwargs) if found is None else found

    return call_method


#: What is put into torch while a registry needs it.
METHODS = Wrappers((SymNodeVariable, "call_method", _as_functions))
