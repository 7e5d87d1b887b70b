"""The tracker of a tensor in the graph, and what is known of it while tracing."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.utils import set_example_value
from torch._subclasses.fake_tensor import FakeTensor, maybe_get_fake_mode

from vartrack.graph_inputs.placeholders import copy_example
from vartrack.outputs.output import Output

__all__ = ["known_properties", "tensor_tracker"]


def tensor_tracker(tx: Any, output: Output) -> Any:
    """The tracker of the tensor ``output``, its example value stored on the node."""
    proxy = output.proxy
    example = copy_example(output.example, tx.fake_mode)
    set_example_value(proxy.node, example)
    if proxy.node.op != "placeholder":
        # a nested graph may need the symbols in its sizes
        tx.output.current_tracer.track_produced_symints(example, proxy)
    known = known_properties(output.target_cls, tx, example, output.subclass)
    return output.target_cls(proxy, **{**output.options, **known})


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
