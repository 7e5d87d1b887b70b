"""Guards that an object has no attribute of its own, where it has no `__dict__` for them at all.

torch asks the object for its `__dict__`. A class with slots alone and a `__getattr__` gives
something for that name as for any other, and torch's guard fails on the call it was made for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder

from vartrack.core.user_code.methods import held_by
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Guard

__all__ = ["OWN_DICTS"]


def _has_none(cls: type) -> bool:
    return held_by(cls, "__dict__") is None and type(held_by(cls, "__getattr__")) is FunctionType


def _where_there_is_one(own: Callable[..., None]) -> Callable[..., None]:
    """``own``, which guards that the `__dict__` has no such entry, but for objects without one."""

    @functools.wraps(own)
    def NOT_PRESENT_IN_GENERIC_DICT(self: GuardBuilder, guard: Guard, attr: Any = None) -> None:
        if not _has_none(type(self.get(guard))):
            own(self, guard, attr)

    return NOT_PRESENT_IN_GENERIC_DICT


#: What is put in place in torch by sets that rely on such guards.
OWN_DICTS = Wrappers((GuardBuilder, "NOT_PRESENT_IN_GENERIC_DICT", _where_there_is_one))
