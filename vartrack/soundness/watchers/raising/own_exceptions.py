"""Exceptions of the program's classes, of which torch keeps what they were made of.

``error.args = ...`` changes what is read, and the text; ``with_traceback`` gives the very
exception; and the text of a subclass of `KeyError` is the one that `KeyError` has for it.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedExceptionObjectVariable

from vartrack.soundness.hooks.hooking import Watcher, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS", "text_in_c"]

_TUPLE = BuiltinVariable(tuple)


def text_in_c(tx: Any, error: Any, cls: Any, tell: Any) -> VariableTracker | None:
    """What code in C says of ``error``, where its type has more to say than all exceptions.

    Args:
        tx: the tracer.
        error: its tracker.
        cls: the class whose text it is.
        tell: the method of that class.

    Returns:
        None if not all is known that it is made of.
    """
    made_of, args = getattr(error, "init_args", None) or error.args, error.args
    if tell is BaseException.__str__ or not all(
        arg.is_python_constant() for arg in (*made_of, *args)
    ):
        return None
    made = cls(*(arg.as_python_constant() for arg in made_of))
    made.args = tuple(arg.as_python_constant() for arg in args)
    return ConstantVariable.create(tell(made))


def _method(
    ledger: Ledger, own: Any, error: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> VariableTracker:
    result: VariableTracker = own(error, tx, name, args, kwargs)
    if name == "with_traceback" and _is_in_c(error, name):
        return error  # type: ignore[no-any-return]
    if name == "__setattr__" and args[0].is_constant_match("args") and _is_in_c(error, name):
        inside = getattr(error, "exc_vt", error)  # up to 2.14 one is in it
        inside.args = list(_TUPLE.call_function(tx, [args[1]], {}).realize().items)
    return result


def _is_in_c(error: Any, name: str) -> bool:
    """Whether its class leaves the method to `BaseException`."""
    found = find(error.python_type(), name)
    return found is not None and found[0] in (object, BaseException)


WATCHERS: tuple[Watcher, ...] = instead_of_methods(
    "tracing", UserDefinedExceptionObjectVariable, _method
)
