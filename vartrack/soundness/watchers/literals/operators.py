"""``number + 1`` of a class that extends a number or text: torch gives both operands to Python.

Which methods the class has for it is noted here. Where torch asks the class itself, that is noted
there as well.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.compat.names import UserDefinedConstantVariable
from vartrack.compat.operators import SWAPPED
from vartrack.core.wrappers import Wrappers
from vartrack.soundness.ledger import Ledger, current

__all__ = ["WRAPPERS", "note_operands"]

_OF_TWO = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "xor")
#: By the function, what Python looks up on the classes of what it is given.
_LOOKED_UP: dict[Any, tuple[str, ...]] = {
    **{getattr(operator, name): (f"__{name}__", f"__r{name}__") for name in _OF_TWO},
    **{getattr(operator, f"{name}_"): (f"__{name}__", f"__r{name}__") for name in ("and", "or")},
    **{
        getattr(operator, name): (f"__{name}__", f"__{swapped}__")
        for name, swapped in SWAPPED.items()
    },
    operator.ne: ("__ne__", "__eq__"),
    **{getattr(operator, name): (f"__{name}__",) for name in ("neg", "pos", "invert", "index")},
    **{getattr(math, name): (f"__{name}__",) for name in ("trunc", "floor", "ceil")},
    divmod: ("__divmod__", "__rdivmod__"),
    abs: ("__abs__",),
    round: ("__round__",),
}


def note_operands(ledger: Ledger, function: Any, args: Any) -> None:
    """Note what ``function`` looks up on the classes of ``args`` that are such objects."""
    if not ledger.holds("classes"):
        return
    for arg in args:
        if issubclass(type(arg), UserDefinedConstantVariable):
            ledger.classes.look(arg.python_type(), *_LOOKED_UP.get(function, ()))


def _noting(own: Callable[..., Any]) -> Any:
    """What torch answers a function with, by the classes of the trackers that it is given."""

    @functools.wraps(own)
    def _make_handler(function: Any, types: Any, has_kwargs: bool) -> Any:
        handler = own(function, types, has_kwargs)
        is_met = any(issubclass(each, UserDefinedConstantVariable) for each in types)
        if not is_met or function not in _LOOKED_UP:
            return handler

        def answer(tx: Any, args: Any, kwargs: Any) -> Any:
            ledger = current()
            if ledger is not None:
                note_operands(ledger, function, args)
            return handler(tx, args, kwargs)

        return answer

    return staticmethod(_make_handler)


WRAPPERS = Wrappers((BuiltinVariable, "_make_handler", _noting))
