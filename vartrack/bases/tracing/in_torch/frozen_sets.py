"""Making a frozen set: torch dies where the program names `frozenset` in an inlined function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from vartrack.compat.names import FrozensetVariable
from vartrack.core.wrappers import Wrappers

__all__ = ["FROZEN_SETS"]


def _named(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def reconstruct(self: Any, codegen: Any) -> None:
        codegen.tx.output.update_co_names("frozenset")
        own(self, codegen)

    return reconstruct


#: What is put in place in torch.
FROZEN_SETS = Wrappers((FrozensetVariable, "reconstruct", _named))
