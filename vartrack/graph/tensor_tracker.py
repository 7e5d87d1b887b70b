"""The tracker of a tensor in the graph, and what is known of it while tracing."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.utils import set_example_value
from torch._subclasses.fake_tensor import FakeTensor, maybe_get_fake_mode

from vartrack.core.result import Result
from vartrack.graph.placeholders import copy_example

__all__ = ["known_properties", "tensor_tracker"]


def tensor_tracker(tx: Any, result: Result) -> Any:
    """The tracker of the tensor ``result``, its example value stored on the node."""
    proxy = result.proxy
    example = copy_example(result.example, tx.fake_mode)
    set_example_value(proxy.node, example)
    if proxy.node.op != "placeholder":
        # a nested graph may need the symbols in its sizes
        tx.output.current_tracer.track_produced_symints(example, proxy)
    known = known_properties(result.target_cls, tx, example, result.subclass)
    return result.target_cls(proxy, **{**result.options, **known})


def known_properties(target_cls: Any, tx: Any, example: Any, subclass: type | None) -> Any:
    """What a tensor tracker is told of its example: dtype, device, sizes, and the class.

    Takes the place of torch's ``get_specialized_props``, for its trackers as well.
    """
    known = target_cls.specialize(example)
    if isinstance(example, FakeTensor) and maybe_get_fake_mode(example) is tx.fake_mode:
        kinds = (torch.nn.Parameter, torch.nn.Buffer)
        plain = next((kind for kind in kinds if isinstance(example, kind)), torch.Tensor)
        known["class_type"] = subclass or plain
    return known
