"""Functions of vartrack's that compiled code calls when the graph has run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch._dynamo.eval_frame import skip_code

__all__ = ["called_by_compiled"]

_F = TypeVar("_F", bound=Callable[..., object])


def called_by_compiled(function: _F) -> _F:
    """Have ``function`` run as it is: torch 2.10 would compile what compiled code calls.

    Args:
        function: a function of vartrack's, written in Python.

    Returns:
        The same function.
    """
    skip_code(function.__code__)  # type: ignore[attr-defined]
    return function
