"""Functions of vartrack's that compiled code calls when the graph has run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from torch._C._dynamo.eval_frame import set_eval_frame
from torch._dynamo.eval_frame import skip_code

from vartrack.compat.behaviour import COMPILES_WHAT_IS_CALLED

__all__ = ["called_by_compiled"]

_F = TypeVar("_F", bound=Callable[..., Any])


def called_by_compiled(function: _F) -> _F:
    """Have ``function`` run as it is: torch 2.10 would compile what compiled code calls.

    Args:
        function: a function of vartrack's, written in Python.

    Returns:
        The same function; on 2.10 one that keeps torch away from what it calls as well, as a
        generator of any package would be refused there.
    """
    if COMPILES_WHAT_IS_CALLED:
        function = _kept_away(function)
    skip_code(function.__code__)  # type: ignore[attr-defined]
    return function


def _kept_away(function: Any) -> Any:
    @functools.wraps(function)
    def as_it_is(*args: Any, **named: Any) -> Any:
        before = set_eval_frame(None)
        try:
            return function(*args, **named)
        finally:
            set_eval_frame(before)

    return as_it_is
