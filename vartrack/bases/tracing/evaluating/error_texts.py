"""The text of an error whose class in C words it itself, as `KeyError` does with its key.

Up to 2.14 torch has the bare key there. Where a user's mapping raises it, torch alone would have
broken the graph, and Python made the text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import WrapperDescriptorType
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.compat.names import ExceptionVariable
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["ERROR_TEXTS", "told_by_python", "words_itself"]


def words_itself(cls: type[BaseException]) -> bool:
    """Whether the text of such an error is not just that of its arguments, and C makes it."""
    return cls.__str__ is not BaseException.__str__ and type(cls.__str__) is WrapperDescriptorType


def told_by_python(tx: Any, error: Any, tell: Callable[[Any], str]) -> VariableTracker | None:
    """What Python says of such an error, if all that it is made of is constant."""
    if not all(arg.is_python_constant() for arg in error.args):
        return None
    made = error.exc_type(*(arg.as_python_constant() for arg in error.args))
    return VariableTracker.build(tx, tell(made))


def _worded(own: Callable[..., Any]) -> Callable[..., Any]:
    """``str(error)``."""

    @functools.wraps(own)
    def call_str(self: BuiltinVariable, tx: Any, arg: VariableTracker) -> Any:
        error: Any = arg.unwrap()
        text = None
        if type(error) is ExceptionVariable and words_itself(error.exc_type):
            text = told_by_python(tx, error, str)
        return own(self, tx, arg) if text is None else text

    return call_str


def _formatted(own: Callable[..., Any]) -> Callable[..., Any]:
    """``f"{error}"``, which torch since 2.14 does not make by `str`."""

    @functools.wraps(own)
    def tp_str_impl(self: Any, tx: Any) -> Any:
        text = told_by_python(tx, self, str) if words_itself(self.exc_type) else None
        return own(self, tx) if text is None else text

    return tp_str_impl


#: What is put in place in torch.
ERROR_TEXTS = Wrappers(
    *in_this_release(
        (BuiltinVariable, "call_str", _worded),
        (ExceptionVariable, "tp_str_impl", _formatted),
    )
)
