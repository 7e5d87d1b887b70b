"""`AnsweringVariable`: a folded value that torch asks, as it asks the tracker of an object."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.compat.instructions import is_tried

__all__ = ["AnsweringVariable"]

#: What the tracker of a constant has, and torch's tracker of objects has not.
_OWN = ("key", "placed", "refused", "state")


class AnsweringVariable(FoldedVariable, UserDefinedObjectVariable):
    """A folded value whose class gives some answers itself: torch is given no value to ask.

    Being torch's tracker of objects as well has torch ask it in ``if value:``, and what the class
    has in Python can be traced.

    Args:
        value: the value.
        impure: names of attributes and methods that break the graph.
        content: the guard on what the value holds, if it came from somewhere.
        options: what a `FoldedVariable` and torch's tracker of objects take.
    """

    _nonvar_fields = {
        *FoldedVariable._nonvar_fields,
        *UserDefinedObjectVariable._nonvar_fields,
    }

    def begin(self, value: Any, **options: Any) -> None:
        UserDefinedObjectVariable.__init__(self, value, **options)

    def clone(self, **changes: Any) -> VariableTracker:
        names = (*_OWN, "impure", "content", "source")
        kept = {"value": self.example, **{name: getattr(self, name) for name in names}}
        return type(self)(**{**kept, **changes})

    def must_be_shown_now(self, tx: Any, spec: str | None) -> bool:
        # torch, which is given no value to ask, would not know of a format that there is none of
        return bool(spec) and is_tried(tx)

    def is_python_constant(self) -> bool:
        return asked() in (Intent.OPERAND, Intent.TRUTH) and super().is_python_constant()
