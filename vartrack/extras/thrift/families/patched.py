"""A `forward` that was put on a module itself, as accelerate and diffusers do it for each layer.

torch guards which object it is, unless it is a function or a method. A partial is made anew for
each module, and what it is made of has guards of its own once it is called.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource
from torch._dynamo.variables import nn_module

from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["HOOKS"]


def _guarded(own: Callable[..., None]) -> Callable[..., None]:
    """What guards that a module's ``forward`` is the one that is called."""

    @functools.wraps(own)
    def guard(source: Source | None, mod: Any) -> None:
        if source is not None and type(vars(mod).get("forward")) is functools.partial:
            install_guard(AttrSource(source, "forward").make_guard(GuardBuilder.TYPE_MATCH))
        else:
            own(source, mod)

    return guard


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((nn_module, "guard_to_detect_forward_monkeypatching", _guarded)),)
