"""A row of a tensor by a number that varies: up to 2.12 torch does not look if there is one."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo import utils
from torch.fx.experimental.symbolic_shapes import guard_or_false

from vartrack.compat import behaviour
from vartrack.compat.instructions import is_tried
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.watchers.raising.raised import refuse_to_raise

__all__ = ["WATCHERS"]

#: What the graph calls for ``x[number]`` and for ``x.select(dim, number)``.
_SELECTING = (torch.select, "select")


def _ran(
    ledger: Ledger, own: Any, tracer: Any, node: Any, args: Any, kwargs: Any, *more: Any
) -> Any:
    """What an operator gives of fake tensors; that there is no such row is an error of Python's."""
    if node.target in _SELECTING and is_tried(ledger.output().current_tx):
        _look(*args, **kwargs)
    try:
        return own(tracer, node, args, kwargs, *more)
    except RuntimeError as error:
        if isinstance(error.__cause__, IndexError):
            raise error.__cause__ from None
        raise


def _look(tensor: Any, dim: Any = None, index: Any = None, **_: Any) -> None:
    if type(dim) is not int or not isinstance(index, torch.SymInt):
        return  # torch looks itself
    if not -tensor.dim() <= dim < tensor.dim():
        return
    size = tensor.size(dim)
    if guard_or_false(index >= size) or guard_or_false(index < -size):
        refuse_to_raise(IndexError(f"{index} is no place in dimension {dim}, which has {size}"))


WATCHERS: tuple[Watcher, ...] = (
    () if behaviour.LOOKS_FOR_ROWS else (Watcher(utils, "run_node", "tracing", instead=_ran),)
)
