"""`FoldedClassVariable`: a class whose instances are evaluated while tracing."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.folding import constants_of, evaluate, refuse, result_tracker

__all__ = ["FoldedClassVariable"]


class FoldedClassVariable(UserDefinedClassVariable):
    """Calls of the class and of its class methods are evaluated if all operands are known.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {"impure", *UserDefinedClassVariable._nonvar_fields}

    def __init__(self, value: type, impure: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(value, **options)
        self.impure = impure

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        known = constants_of(args, kwargs)
        what = f"{self.value.__module__}.{self.value.__qualname__}"
        if known is None or "__init__" in self.impure:
            return super().call_function(tx, args, kwargs)
        positional, named = known
        result = evaluate(tx, what, lambda: self.value(*positional, **named))
        return result_tracker(tx, what, result, lambda: self.value(*positional, **named))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        what = f"{self.value.__module__}.{self.value.__qualname__}.{name}"
        if name in self.impure:
            refuse(what, "depends on more than its operands")
        known = None if name.startswith("__") else constants_of(args, kwargs)
        if known is None:
            return super().call_method(tx, name, args, kwargs)
        positional, named = known
        method = getattr(self.value, name)
        result = evaluate(tx, what, lambda: method(*positional, **named))
        return result_tracker(tx, what, result, lambda: method(*positional, **named))
