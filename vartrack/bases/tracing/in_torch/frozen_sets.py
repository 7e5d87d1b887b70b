"""Making a frozen set: torch dies where the program names `frozenset` in an inlined function, and
makes an empty one in 2.10."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.bytecode_transformation import create_call_function

from vartrack.compat.behaviour import FILLS_FROZEN_SETS
from vartrack.compat.names import FrozensetVariable
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["FROZEN_SETS"]


def _named(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def reconstruct(self: Any, codegen: Any) -> None:
        codegen.tx.output.update_co_names("frozenset")
        (own if FILLS_FROZEN_SETS else _of_a_set)(self, codegen)

    return reconstruct


def _of_a_set(self: Any, codegen: Any) -> None:
    """Call `frozenset` with the set that torch makes of the same items."""
    codegen.add_push_null(lambda: codegen.append_output(codegen.create_load_global("frozenset")))
    super(FrozensetVariable, self).reconstruct(codegen)
    codegen.extend_output(create_call_function(1, False))


#: What is put in place in torch.
FROZEN_SETS = Wrappers((FrozensetVariable, "reconstruct", _named))
