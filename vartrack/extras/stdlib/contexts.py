"""Context variables, where torch has no tracker of its own for them."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.again.results import result_again
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.core.texts.articles import with_article

__all__ = ["ContextVars"]


class _Unset:
    """What a variable without a value gives."""


def _getting(variable: contextvars.ContextVar[Any]) -> Callable[[], Any]:
    return functools.partial(variable.get, _Unset)


class ContextVarVariable(FoldedVariable):
    """A context variable: what it gives is guarded, if that is a literal or a constant's type."""

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        known = constants_of(args, kwargs)
        if name != "get" or kwargs or len(args) > 1 or known is None or self.content is None:
            return super().call_method(tx, name, args, kwargs)

        again = result_again(self, tx, name, _getting)
        if again is not None:
            return again

        def given(variable: contextvars.ContextVar[Any]) -> Any:
            return variable.get(_Unset)

        value = given(self.example)
        if value is not _Unset and not ConstantVariable.is_base_literal(value):
            self.refuse(
                name,
                f"gives {with_article(type(value))}, which the guards cannot compare",
                "Get it outside the compiled function and pass it in.",
            )
        self.content.of(given).install()
        if value is not _Unset:
            return ConstantVariable.create(value)
        return self.fold(tx, name, lambda variable: variable.get(*known[0]))


class ContextVars(ConstantVisitor):
    """``contextvars.ContextVar``: getting is guarded, setting breaks the graph.

    .. versionadded:: 0.2
    """

    on_torch = "<2.14"
    types = (contextvars.ContextVar,)
    exact = True
    folded_class = ContextVarVariable
    impure = ("reset", "set")
