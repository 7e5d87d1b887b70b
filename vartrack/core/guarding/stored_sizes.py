"""How many items a container holds, whatever its class says of that.

torch guards what `len` gives. Where a class has a `__len__` of its own, that need not be how many
items there are, of which torch takes each from its place in the container.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, get_verbose_code_parts

from vartrack.compat.shared import stack_of
from vartrack.core.guarding.keys import check_at_every_call
from vartrack.core.user_code.methods import held_by
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Guard

__all__ = ["STORED_SIZES"]

_BASES = (list, tuple, dict, set, frozenset, collections.deque)


def _base_of(cls: type) -> Any:
    """The container that ``cls`` is derived from, if it says itself how many items there are."""
    if cls in _BASES:
        return None
    base: Any = next((base for base in _BASES if issubclass(cls, base)), None)
    return None if base is None or held_by(cls, "__len__") is base.__len__ else base


class _Holds:
    """Asks whether a container of one class holds so many items."""

    __slots__ = ("base", "size")

    def __init__(self, base: Any, size: int) -> None:
        self.base = base
        self.size = size

    def __call__(self, value: Any) -> bool:
        return isinstance(value, self.base) and self.base.__len__(value) == self.size


def _of_what_is_stored(own: Callable[..., None]) -> Callable[..., None]:
    """``own``, which guards a length, but for classes that have a `__len__` of their own."""

    @functools.wraps(own)
    def SEQUENCE_LENGTH(self: GuardBuilder, guard: Guard) -> None:
        value = self.get(guard)
        base = _base_of(type(value))
        if base is None:
            own(self, guard)
            return
        size = base.__len__(value)
        code = f"{base.__name__}.__len__({self.arg_ref(guard)}) == {size}"
        guard.set_export_info("SEQUENCE_LENGTH", None, [code], None)
        manager = self.get_guard_manager(guard)
        if base is dict:
            told = get_verbose_code_parts(code, guard)
            manager.add_dict_length_check_guard(size, told, *stack_of(guard))
        else:
            self.TYPE_MATCH(guard)
            check_at_every_call(manager, _Holds(base, size), code, guard)

    return SEQUENCE_LENGTH


#: What is put in place in torch by sets that rely on such guards.
STORED_SIZES = Wrappers((GuardBuilder, "SEQUENCE_LENGTH", _of_what_is_stored))
