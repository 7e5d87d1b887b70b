"""Values and containers that people report to be compiled again for, before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import Counting
from thrift_values import SOUND, THRIFT, Mode
from torch._dynamo import config
from torch._dynamo.exc import Unsupported

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

PT = "https://github.com/pytorch/pytorch/issues/"


class Holder(torch.nn.Module):
    """Stands for the models in the reports."""


def setitem_of_growing_dict(x: torch.Tensor, number: int) -> Any:
    held = {f"k{each}": number for each in range(number)}
    return lambda x: _set(held, x), held


def _set(held: dict[str, Any], x: torch.Tensor) -> torch.Tensor:
    held["new"] = x + 1
    return x * 2


def name_for_the_log(x: torch.Tensor, number: int) -> Any:
    log = {"name": "", "step": 0}
    name = f"request {number}"

    def step(x: torch.Tensor) -> torch.Tensor:
        log["name"] = name
        return x * 2

    return step, log


def key_in_growing_dict(x: torch.Tensor, number: int) -> Any:
    held = {1: "1", **{each + 10: "n" for each in range(number)}}
    return (lambda x: x + 1 if 1 in held else x + 2), held


def last_of_growing_list(x: torch.Tensor, number: int) -> Any:
    alignments = [torch.full((2,), float(each)) for each in range(number + 1)]
    return (lambda x: x + alignments[-1] if alignments else x), None


def layers_of_cache(x: torch.Tensor, number: int) -> Any:
    cache = [torch.ones(2), *(torch.zeros(2) for _ in range(number))]
    return (lambda x: x + cache[0] if cache else x), None


def layer_by_name(x: torch.Tensor, number: int) -> Any:
    module = Holder()
    module.prefix = f"model.layers.{number}.attn"  # type: ignore[assignment]
    return (lambda x: (x + 1, _attend(x, module.prefix))), None


def _attend(x: torch.Tensor, prefix: Any) -> torch.Tensor:
    return x * 2 if prefix.endswith(".attn") else x * 3


def mode_that_is_handed_on(x: torch.Tensor, number: int) -> Any:
    mode = list(Mode)[number]
    return (lambda x: ({"hidden": x + 1, "mode": mode})), None


def dtype_of_the_cache(x: torch.Tensor, number: int) -> Any:
    dtype = (torch.float32, torch.float64, torch.int32, torch.int64)[number]
    return (lambda x: (x + 1, dtype if dtype != torch.bool else None)), None


def epoch_in_a_message(x: torch.Tensor, number: int) -> Any:
    module = Holder()
    module.epoch, module.loss = number, number / 4  # type: ignore[assignment]
    return (lambda x: (x + 1, f"epoch {module.epoch:d}, loss {module.loss}")), None


def adapters_by_name(x: torch.Tensor, number: int) -> Any:
    active = {"default", *(f"adapter {each}" for each in range(number))}
    return (lambda x: x + 1 if "default" in active else x), None


#: Each kind with a report of it.
REPORTED: dict[Callable[..., Any], str] = {
    setitem_of_growing_dict: "https://github.com/pytorch/tensordict/issues/1606",
    name_for_the_log: PT + "167596",
    key_in_growing_dict: PT + "143670",
    last_of_growing_list: "https://github.com/pytorch/torchdynamo/issues/330",
    layers_of_cache: "https://github.com/huggingface/accelerate/issues/3543",
    layer_by_name: PT + "171593",
    mode_that_is_handed_on: PT + "111603",
    dtype_of_the_cache: PT + "128071",
    epoch_in_a_message: PT + "115711",
    adapters_by_name: "https://github.com/huggingface/peft/pull/2416",
}


@pytest.mark.parametrize("make", REPORTED, ids=lambda make: make.__name__)
def test_what_is_reported_takes_one_graph(make: Callable[..., Any]) -> None:
    graphs = {}
    for name, registry in (("torch", None), ("thrift", THRIFT), ("sound", SOUND)):
        torch._dynamo.reset()
        backend, x = Counting(), torch.zeros(2)
        with config.patch(recompile_limit=20), vartrack.use(registry):
            for number in range(4):
                eager, held = make(x, number)
                expected = eager(x)
                function, changed = make(x, number)
                try:
                    got = torch.compile(function, backend=backend, fullgraph=True)(x)
                except Unsupported:
                    assert registry is None
                    backend.graphs = 0
                    break
                assert repr(got) == repr(expected)
                assert repr(changed) == repr(held)
        graphs[name] = backend.graphs
    # a key is guarded alone on torch as well; a text of a number that changed may be refused
    assert (graphs["torch"] == 1) == (make is key_in_growing_dict)
    assert graphs["thrift"] == graphs["sound"] == 1
