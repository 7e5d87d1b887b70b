"""Methods whose result may wait, where torch would take the operands for constants."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import GetAttrVariable

__all__ = ["MayWait"]


class MayWait(GetAttrVariable):
    """A method that is called without its object being built, if it can be.

    Args:
        obj: the object.
        name: the name of the method.
        options: what else a tracker takes.
    """

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What the method gives; None if torch is to call it."""
        raise NotImplementedError

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        result = self.result(tx, [*args], kwargs)
        if result is None:
            result = self.obj.realize().call_method(tx, self.name, [*args], kwargs)
        return result
