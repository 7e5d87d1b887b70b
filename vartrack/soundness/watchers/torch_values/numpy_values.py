"""Numbers of NumPy, which torch traces as arrays: methods that an array does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import _numpy
from torch._dynamo.exc import SkipFrame, Unsupported, unimplemented
from torch._dynamo.variables.tensor import NumpyNdarrayVariable

from vartrack.compat import behaviour
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _method(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``number.name()``, such as that of `round`: torch fails when it runs the graph."""
    if hasattr(np.ndarray, name) or hasattr(_numpy.ndarray, name):
        return
    try:
        unimplemented(
            gb_type="vartrack: a method of a NumPy number that is traced as an array",
            context=f"{name} of {tracker}",
            explanation=f"The graph has an array for the number, and arrays have no {name}.",
            hints=["Make a Python number of it first, by `float` or `int`."],
        )
    except Unsupported as broken:
        # a graph that ends before would give the array, so that nothing of the frame is compiled
        if not behaviour.LETS_SKIPS_THROUGH:
            raise SkipFrame(str(broken)) from broken
        broken.skip_frame = True
        raise


WATCHERS: tuple[Watcher, ...] = (
    Watcher(NumpyNdarrayVariable, "call_method", "tracing", _method, needed=False),
)
