"""Values that are called: what they hold does not count unless the call reads it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslatorBase

from vartrack.bases.tracing.known import KnownVariable
from vartrack.core.wrappers import Wrappers

__all__ = ["CALLING"]


def _calling(own: Callable[..., Any]) -> Callable[..., Any]:
    """A call in the program: torch takes what is called out of its tracker, to see what it is."""

    @functools.wraps(own)
    def call_function(self: Any, fn: Any, args: Any, kwargs: Any) -> None:
        called = fn.realize()
        if isinstance(called, KnownVariable):
            self.push(called.call_function(self, args, kwargs))
        else:
            own(self, fn, args, kwargs)

    return call_function


#: What is put in place in torch.
CALLING = Wrappers((InstructionTranslatorBase, "call_function", _calling))
