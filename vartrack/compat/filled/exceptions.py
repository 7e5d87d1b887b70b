"""Exceptions that torch raises itself: 2.10 gives texts where trackers of texts belong.

Up to 2.11 what an exception was made of is a list, up to 2.12 the text for a key without a hash
names a tracker.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from torch._dynamo.exc import raise_observed_exception
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.compat.names import ExceptionVariable, find
from vartrack.compat.release import runs_on

__all__ = ["RAISED"]


def _with_trackers(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def __init__(self: Any, exc_type: Any, args: Any, *more: Any, **named: Any) -> None:
        args = [ConstantVariable.create(arg) if type(arg) is str else arg for arg in args]
        own(self, exc_type, args, *more, **named)

    return __init__


def _in_a_tuple(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def var_getattr(self: Any, tx: Any, name: str) -> Any:
        return TupleVariable(list(self.args)) if name == "args" else own(self, tx, name)

    return var_getattr


def _as_python(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def raise_unhashable(arg: Any, tx: Any = None) -> None:
        try:
            cls = arg.python_type()
        except NotImplementedError:
            own(arg, tx)
        text = ConstantVariable.create(f"unhashable type: '{cls.__name__}'")
        raise_: Callable[..., Any] = raise_observed_exception
        raise_(TypeError, tx or InstructionTranslator.current_tx(), args=[text])

    return raise_unhashable


_UNHASHABLE = "raise_unhashable"
#: The modules whose code raises it.
_RAISING: tuple[ModuleType, ...] = tuple(
    module
    for name in ("dicts", "sets", "hashable")
    if (module := find(f"_dynamo.variables:{name}")) is not None and hasattr(module, _UNHASHABLE)
)

#: What is put in place in torch, so that a program may ask such an exception for its text.
RAISED: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    *(((ExceptionVariable, "__init__", _with_trackers),) if runs_on("<2.11") else ()),
    *(((ExceptionVariable, "var_getattr", _in_a_tuple),) if runs_on("<2.12") else ()),
    *(((each, _UNHASHABLE, _as_python) for each in _RAISING) if runs_on("<2.13") else ()),
)
