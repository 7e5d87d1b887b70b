"""What torch keeps of calls of builtins: by function and tracker classes, what answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

__all__ = ["forget_handlers", "is_foreign", "is_of_torch"]


def is_foreign(part: Any) -> bool:
    """Whether ``part`` is a tracker class that is not torch's own."""
    return (
        isinstance(part, type)
        and issubclass(part, VariableTracker)
        and not part.__module__.startswith("torch.")
    )


def is_of_torch(key: tuple[Any, ...]) -> bool:
    """Whether all the tracker classes of a call are torch's own."""
    return not any(map(is_foreign, key))


def forget_handlers(which: Callable[[tuple[Any, ...]], bool] = lambda key: True) -> None:
    """Have torch look up anew what answers the calls of builtins that ``which`` takes.

    It keeps the methods that it found, which may be wrapped meanwhile, or no longer.
    """
    cache: Any = BuiltinVariable.call_function_handler_cache
    for key in [key for key in cache if which(key)]:
        del cache[key]
