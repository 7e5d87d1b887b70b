"""Exceptions that torch 2.10 raises itself: it gives texts where trackers of texts belong."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.constant import ConstantVariable

from vartrack.compat.names import ExceptionVariable
from vartrack.compat.release import runs_on

__all__ = ["RAISED"]


def _with_trackers(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def __init__(self: Any, exc_type: Any, args: Any, *more: Any, **named: Any) -> None:
        args = [ConstantVariable.create(arg) if type(arg) is str else arg for arg in args]
        own(self, exc_type, args, *more, **named)

    return __init__


#: What is put in place in torch, so that a program may ask such an exception for its text.
RAISED: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    ((ExceptionVariable, "__init__", _with_trackers),) if runs_on("<2.11") else ()
)
