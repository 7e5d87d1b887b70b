"""``tell = "{}".format; tell(v)``: methods of literals, called as functions; up to torch 2.12."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import BuiltinMethodType
from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import SkipFunctionVariable

from vartrack.compat.release import runs_on

__all__ = ["BOUND"]


def _called(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls of what torch takes for a function that it cannot trace."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        literal = _literal_of(self.value)
        if literal is None:
            return own(self, tx, args, kwargs)
        name = self.value.__name__
        if self.source is None:
            of = ConstantVariable.create(literal)
        else:
            # torch puts no guard on the method, as it breaks the graph
            of, _ = (
                VariableTracker.build(tx, part, AttrSource(self.source, where)).realize()
                for part, where in ((literal, "__self__"), (name, "__name__"))
            )
        return of.call_method(tx, name, list(args), kwargs)

    return call_function


def _literal_of(method: Any) -> Any:
    """The text or bytes that it is a method of; None if it is something else."""
    literal = method.__self__ if isinstance(method, BuiltinMethodType) else None
    return literal if type(literal) in (str, bytes) else None


#: What is put in place in torch, so that they are traced.
BOUND: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    ((SkipFunctionVariable, "call_function", _called),) if runs_on("<2.13") else ()
)
