"""``first, *rest = value``: up to torch 2.12 ``rest`` would be a tuple; in Python it is a list."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew
from torch._dynamo.variables.lists import ListVariable

from vartrack.compat import behaviour
from vartrack.compat.instructions import WrappedInstructions

__all__ = ["UNPACKING"]


def _listing(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def unpack(tx: Any, inst: Any) -> None:
        own(tx, inst)
        rest = -1 - (inst.argval & 0xFF)  # below those that come before it
        tx.stack[rest] = ListVariable(tx.stack[rest].items, mutation_type=ValueMutationNew())

    return unpack


#: What is put in place in torch.
UNPACKING = WrappedInstructions(**({} if behaviour.UNPACKS_INTO_LISTS else {"UNPACK_EX": _listing}))
