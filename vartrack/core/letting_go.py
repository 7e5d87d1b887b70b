"""Trackers are let go when a compile is over, and with them the values that they stand for.

Since 2.11 torch keeps where the program changed which tracker. A tracker of ours that is reached
from there leads back to its compile: all of it would live on until the garbage is collected.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from torch._dynamo.side_effects import SideEffects

from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["LETTING_GO"]


def _weakly(own: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(own)
    def _capture_user_stack(self: Any, key: Any) -> None:
        if type(self.mutation_user_stacks) is dict:
            self.mutation_user_stacks = WeakKeyDictionary(self.mutation_user_stacks)
        own(self, key)

    return _capture_user_stack


#: What is put in place in torch.
LETTING_GO = Wrappers(*in_this_release((SideEffects, "_capture_user_stack", _weakly)))
