"""Guards that an object has no attribute of its own, where it has no `__dict__` for them at all.

torch asks the object for its `__dict__`. A class with slots alone and a `__getattr__` gives
something for that name as for any other, a weak proxy that of the object behind it. torch's guard
fails on the call it was made for.
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

#: Where instances of a class have their dict; 0 if nowhere.
_dict_at: Callable[[type], int] = type.__dict__["__dictoffset__"].__get__


def _needs_none(cls: type, name: Any) -> bool:
    """Whether instances of ``cls`` have no dict, so that what they have is on their class.

    A proxy is asked for special methods alone: others may be in the dict behind it.
    """
    if held_by(cls, "__dict__") is not None or _dict_at(cls):
        return False
    return type(held_by(cls, "__getattr__")) is FunctionType or str(name).startswith("__")


def _where_there_is_one(own: Callable[..., None]) -> Callable[..., None]:
    """``own``, which guards that the `__dict__` has no such entry, but for objects without one."""

    @functools.wraps(own)
    def NOT_PRESENT_IN_GENERIC_DICT(self: GuardBuilder, guard: Guard, attr: Any = None) -> None:
        if not _needs_none(type(self.get(guard)), attr):
            own(self, guard, attr)

    return NOT_PRESENT_IN_GENERIC_DICT


#: What is put in place in torch by sets that rely on such guards.
OWN_DICTS = Wrappers((GuardBuilder, "NOT_PRESENT_IN_GENERIC_DICT", _where_there_is_one))
