"""Models under thrift: the graphs of stock at first, and right results whatever changes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)

_FILE = Path(__file__).parents[2] / "benchmarks" / "models.py"


def _models() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("benchmarked_models", _FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MODELS


MODELS = _models()


class Keeping:
    """Keeps the code of the graphs that it is given, and what stands in them."""

    def __init__(self) -> None:
        self.graphs: list[Any] = []

    def __call__(self, graph: torch.fx.GraphModule, inputs: Any) -> Any:
        shapes = [
            tuple(node.meta["example_value"].shape)
            for node in graph.graph.nodes
            if isinstance(node.meta.get("example_value"), torch.Tensor)
        ]
        self.graphs.append((graph.code, shapes))
        return graph.forward


def flat(result: Any) -> list[torch.Tensor]:
    leaves = torch.utils._pytree.tree_leaves(result)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


@pytest.mark.parametrize("name", MODELS)
def test_the_graphs_of_the_first_call_are_those_of_stock(name: str) -> None:
    function, args, kwargs = MODELS[name]()
    kept = []
    for registry in (vartrack.stock, THRIFT):
        torch._dynamo.reset()
        keeping = Keeping()
        with vartrack.use(registry), torch.no_grad():
            torch.manual_seed(0)
            result = torch.compile(function, backend=keeping)(*args, **kwargs)
        kept.append((keeping.graphs, [leaf.tolist() for leaf in flat(result)]))
    assert kept[0] == kept[1]


def _larger(args: Any, times: int) -> Any:
    """The arguments with so many times the batch."""

    def repeated(leaf: Any) -> Any:
        is_batch = isinstance(leaf, torch.Tensor) and leaf.dim() > 0
        return torch.cat([leaf] * times) if is_batch else leaf

    return torch.utils._pytree.tree_map(repeated, args)


@pytest.mark.parametrize("name", MODELS)
def test_results_are_right_while_sizes_and_settings_change(name: str) -> None:
    function, args, kwargs = MODELS[name]()
    modules = [one for one in (function, *args) if isinstance(one, torch.nn.Module)]
    keeping = Keeping()
    with vartrack.use(THRIFT), torch.no_grad():
        compiled = torch.compile(function, backend=keeping)
        for number, times in enumerate((1, 2, 3, 2, 1)):
            for module in modules:
                module.train(number % 2 == 1)
                for part in module.modules():
                    if isinstance(part, torch.nn.Dropout):
                        part.p = 0.1 * number
                    elif isinstance(part, torch.nn.LayerNorm):
                        part.eps = 1e-5 * (number + 1)
            given = _larger(args, times)
            torch.manual_seed(number)
            expected = function(*given, **kwargs)
            torch.manual_seed(number)
            found = compiled(*given, **kwargs)
            for one, other in zip(flat(found), flat(expected), strict=True):
                assert torch.equal(one, other)
