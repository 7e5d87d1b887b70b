"""`InC`: which methods of a class are not written in Python, so that they cannot be traced."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, NoReturn

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat import operators
from vartrack.compat.hooks import Hooks
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["IN_C", "OF_NUMBERS", "InC"]

_CONTAINERS = (tuple, list, set, frozenset)
_UNKNOWN = "is not written in Python, so that nothing is known of what it does"

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
            self.refuse(name, _UNKNOWN)

    def refuse(self, what: str, why: str, *hints: str) -> NoReturn:
        """Break the graph because ``what`` of the object cannot be traced."""
        refuse(_named(self.python_type(), what), why, *hints)


def _named(cls: type, what: str) -> str:
    return f"{cls.__module__}.{cls.__qualname__}.{what}"


def _compiled(own: Callable[..., Any]) -> Callable[..., Any]:
    """Looks a special method up: since 2.14 torch dies of one that Cython has compiled."""

    @functools.wraps(own)
    def _maybe_lookup_method(self: Any, tx: Any, name: str) -> Any:
        try:
            return own(self, tx, name)
        except AssertionError:
            cls = self.python_type()
            if type(on_class(cls, name)).__name__ == "cython_function_or_method":
                refuse(_named(cls, name), _UNKNOWN)
            raise

    return _maybe_lookup_method


def _of_container(own: Callable[..., Any]) -> Callable[..., Any]:
    """``tuple.__repr__(value)`` and its like: torch dies where the value has no items to it."""

    @functools.wraps(own)
    def call_method(self: BuiltinVariable, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if self.fn in _CONTAINERS and args and isinstance(owner := args[0].realize(), InC):
            owner.refuse(name, _UNKNOWN)
        return own(self, tx, name, args, kwargs)

    return call_method


#: What is put in place in torch.
IN_C = Wrappers(
    *in_this_release((UserDefinedObjectVariable, "_maybe_lookup_method", _compiled)),
    (BuiltinVariable, "call_method", _of_container),
)
