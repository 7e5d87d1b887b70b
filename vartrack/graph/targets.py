"""The operations whose results are no tensors and yet belong in the graph."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import torch
import torch._functorch.predispatch
import torch._functorch.vmap
import torch._utils
from torch._dynamo.device_interface import get_registered_device_interfaces
from torch._dynamo.variables.tensor import supported_const_comparison_op_values
from torch._higher_order_ops.flat_apply import flat_apply
from torch._higher_order_ops.torchbind import call_torchbind

from vartrack.compat import behaviour
from vartrack.core.result import Result

__all__ = ["gives_number", "is_current_stream", "is_event_class", "sets_random_state"]


def _named(module: Any, *names: str) -> tuple[Any, ...]:
    """Those of ``names`` that ``module`` has; some builds of torch lack distributed ones."""
    return tuple(getattr(module, name) for name in names if hasattr(module, name))


#: Functions that give a plain int.
_INT = (
    getattr,
    *_named(operator, "getitem", "mod"),
    *_named(torch, "_constrain_as_size", "seed", "sym_int"),
    *(_named(torch, "sym_max", "sym_min") if behaviour.GIVES_MORE_NUMBERS else ()),
    *_named(torch.distributed, "get_rank", "get_world_size"),
    *_named(torch._functorch.predispatch, "_vmap_decrement_nesting", "_vmap_increment_nesting"),
    *_named(torch._functorch.vmap, "_validate_and_get_batch_size"),
    *_named(torch._utils, "_element_size"),
)
_INT_METHODS = ("bit_length", "__index__") if behaviour.INDEX_GIVES_INT else ("bit_length",)

_ATTENTION_BACKENDS = ("cudnn", "flash", "math", "mem_efficient", "overrideable")

#: Functions, and the name of a method, that give a plain bool.
_BOOL = (
    "is_integer",
    *supported_const_comparison_op_values,
    *_named(torch._C, "_are_functorch_transforms_active"),
    *(_named(torch._C, "_is_autocast_available") if behaviour.GIVES_MORE_NUMBERS else ()),
    *_named(torch._C, *(f"_get_{backend}_sdp_enabled" for backend in _ATTENTION_BACKENDS)),
    *_named(torch._C._functorch, "is_batchedtensor"),
    *_named(torch.backends.cuda, "can_use_efficient_attention", "can_use_flash_attention"),
    *_named(torch.backends.cuda, "is_flash_attention_available"),
)


def gives_number(result: Result) -> bool:
    """Whether the plain number in ``result`` may stand as a constant."""
    example, target = result.example, result.target
    if isinstance(example, float):
        return True
    if target in (call_torchbind, flat_apply) or result.method == "item":
        return True
    if target in _INT or result.method in _INT_METHODS:
        return True
    return isinstance(example, bool) and target in _BOOL


def sets_random_state(target: Any) -> bool:
    """Whether ``target`` sets the state of a random generator."""
    if target is torch.random.set_rng_state:
        return True
    return getattr(target, "__name__", None) == "set_state" and isinstance(
        target.__self__, torch._C.Generator
    )


def is_current_stream(target: Any) -> bool:
    """Whether ``target`` asks a device for its current stream."""
    return any(target == device.current_stream for _, device in get_registered_device_interfaces())


def is_event_class(target: Any) -> bool:
    """Whether calling ``target`` makes an event."""
    if inspect.isclass(target) and issubclass(target, torch.Event):
        return True
    return any(target == device.Event for _, device in get_registered_device_interfaces())
