"""Copies on a torch that traces none: the functions of `copy` are traced, and objects asked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.objects.reducing import reduced
from vartrack.compat.copying import COPIES, INLINED
from vartrack.core.wrappers import Wrappers

__all__ = ["COPYING"]

_REDUCE = "__reduce_ex__"


def _asked(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method of an object: what a copy of it is made of."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name == _REDUCE and is_by_identity(self.python_type(), _REDUCE):
            parts = reduced(self, tx)
            if parts is not None:
                return parts
        return own(self, tx, name, args, kwargs)

    return call_method


#: What is put in place in torch.
COPYING = Wrappers(
    *INLINED, *(() if COPIES else ((UserDefinedObjectVariable, "call_method", _asked),))
)
