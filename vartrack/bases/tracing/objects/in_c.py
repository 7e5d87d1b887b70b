"""`InC`: which methods of a class are not written in Python, so that they cannot be traced."""

from __future__ import annotations

import types
from typing import NoReturn

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat import operators
from vartrack.compat.hooks import Hooks

__all__ = ["OF_NUMBERS", "InC"]

#: The methods behind operators and conversions: from each torch asks the slot, and from the slot
#: the method, without end if that is in C.
OF_NUMBERS: frozenset[str] = frozenset(
    f"__{way}{name}__"
    for way in ("", "r", "i")
    for name in (*operators.NAMES.values(), "divmod", "pow")
) | frozenset(
    f"__{name}__" for name in ("abs", "bool", "float", "index", "int", "invert", "neg", "pos")
)


class InC(Hooks, VariableTracker):
    """A base of trackers of objects whose methods are traced where they are written in Python."""

    def in_c(self, method: str) -> bool:
        """Whether the class implements ``method`` itself, or anew, and not in Python."""
        implemented = on_class(self.python_type(), method)
        return implemented is not getattr(object, method, None) and not isinstance(
            implemented, (types.FunctionType, type(None))
        )

    def traceable(self, name: str) -> None:
        """Break the graph if the class implements the method ``name``, and not in Python."""
        if self.in_c(name):
            self.refuse(name, "is not written in Python, so that nothing is known of what it does")

    def refuse(self, what: str, why: str, *hints: str) -> NoReturn:
        """Break the graph because ``what`` of the object cannot be traced."""
        cls = self.python_type()
        refuse(f"{cls.__module__}.{cls.__qualname__}.{what}", why, *hints)
