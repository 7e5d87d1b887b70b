"""Numbers that tensors hold: `alphas[timestep]`, which torch fixes to what they hold at hand."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.tensor import NumpyNdarrayVariable, TensorVariable

from vartrack.core.sources.worked_out import worked_out
from vartrack.shapes import frame_history

__all__ = ["holds_number", "number_in"]


_TENSORS = frozenset({TensorVariable, NumpyNdarrayVariable})


def holds_number(tensor: Any) -> bool:
    """Whether it is a tensor without dimensions, or a number of NumPy, whose number is known.

    torch knows that of inputs, for as long as they are not written to.
    """
    return (
        type(tensor) in _TENSORS
        and tensor.source is not None
        and tensor.ndim == 0
        and _number(tensor) is not None
    )


def _number(tensor: Any) -> torch.SymInt | None:
    known = getattr(tensor.proxy.node.meta.get("example_value"), "item_memo", None)
    return known if isinstance(known, torch.SymInt) else None


def number_in(tx: Any, tensor: Any) -> VariableTracker:
    """The number in a tensor that `holds_number`, as a symbol.

    It is read before the graph runs. In the graph most backends cannot ask a tensor for it.
    """
    number: Any = _number(tensor)
    place = worked_out("{}.item()", ".item", [tensor.source])
    frame_history.mark_changed_at(tx, place)  # what is held in a tensor is meant to change
    return VariableTracker.build(tx, number.node.hint, place).realize()
