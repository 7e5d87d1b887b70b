"""`without_measuring`: compiles that torch neither times nor writes a log of.

After each compile torch runs the guards six times, and empties the processor's caches for the last,
to say in a log how long they took. That is two thirds of a small compile. And it writes down all
of its settings for a log that nobody reads here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from torch._dynamo import guards, utils

__all__ = ["without_measuring"]

#: Functions of torch, not all in each release, that write settings down as text.
_SETTINGS = (
    "_get_dynamo_config_for_logging",
    "_compiler_config_for_logging",
    "_scrubbed_inductor_config_for_logging",
    "_functorch_config_for_logging",
)
_WARM_UP = 5  # the runs before those that torch times


def _run(root: Any, scope: dict[str, Any], times: int) -> float:
    for _ in range(_WARM_UP + times):
        root.check(scope)
    return 0.0


@contextmanager
def without_measuring() -> Iterator[None]:
    """Have compiles in this block leave out what torch measures."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(guards, "profile_guard_manager", _run))
        for name in _SETTINGS:
            if hasattr(utils, name):
                stack.enter_context(mock.patch.object(utils, name, lambda: None))
        yield
