"""Numbers that an operation takes as a C++ double: ``p`` of a dropout, ``eps`` of a norm.

torch works out what such an operation gives by calling it with fake tensors. There the double is
read from the symbol, which fixes it. But neither shape nor type of what comes out depends on it.
So here it is read without a guard; the graph has the symbol, and calls the operation with the
number of each call. What is guarded is where the number stands to 0 and 1, as operations look at
that and refuse some of it.

A backend that traces the graph once more, such as inductor, reads the double as well, and fixes it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo import utils
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch.fx.experimental.sym_node import SymNode

from vartrack import session
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.numbers.operations import is_of_torch, name_of

__all__ = ["HOOKS"]

#: In the names of those where a double is a part of what comes out, or of its shape; and of those
#: that hold two doubles against each other, and refuse some.
_NEED_IT = ("interpolate", "upsample", "quantize", "uniform", "fractional", "arange", "range")


class _Unfixed(threading.local):
    """Whether an operation is called on fake tensors that may read doubles without a guard."""

    now = False


_unfixed = _Unfixed()


def _called(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls an operation on fake tensors."""

    @functools.wraps(own)
    def run_node(tracer: Any, node: Any, *args: Any, **options: Any) -> Any:
        before = _unfixed.now
        _unfixed.now = _may_vary(node) and _is_wanted()
        try:
            return own(tracer, node, *args, **options)
        finally:
            _unfixed.now = before

    return run_node


def _may_vary(node: Any) -> bool:
    """Whether a node of the graph is an operation of torch's that has no need of its doubles."""
    return is_of_torch(node) and not _needs_it(name_of(node))


@functools.cache
def _needs_it(name: str) -> bool:
    return any(part in name for part in _NEED_IT)


def _is_wanted() -> bool:
    """Whether the compile under way is one of this set, which makes no exported program."""
    tx: Any = InstructionTranslator.current_tx()
    compile = session.compile_of(tx)
    return compile is not None and DOUBLES in compile.attached and not is_exporting(tx)


def _read(own: Callable[..., float]) -> Callable[..., float]:
    """What reads a number of a symbol; C++ says from which of its files it does."""

    @functools.wraps(own)
    def guard_float(self: SymNode, file: str, line: int) -> float:
        if not (file and _unfixed.now and self.has_hint()):
            return own(self, file, line)
        number: Any = torch.SymFloat(self)
        for is_so in (number > 0, number < 1, number <= 1):
            bool(is_so)  # guards it
        return float(self.hint)  # type: ignore[arg-type]

    return guard_float


DOUBLES = Wrappers((utils, "run_node", _called), (SymNode, "guard_float", _read))

#: What is put into torch while a registry with this set is in force.
HOOKS = (DOUBLES,)
