"""Programs whose facts change between two calls, run on `vartrack.sound` and without a compiler."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any

import torch
from torch._dynamo.exc import InternalTorchDynamoError, Unsupported

import vartrack

__all__ = ["Plan", "Plans", "Wrap", "both_runs", "outcomes", "plain", "steps"]

Wrap = Callable[..., Any]
#: Gets `torch.compile` or nothing for a wrapper, and yields what is to be called. What happens
#: between two yields is a change that the next call must notice.
Plan = Callable[[Wrap], Generator[Callable[[], Any], None, None]]


class Plans(dict[str, Plan]):
    """The plans of a file, each under its name."""

    def add(self, plan: Any) -> Any:
        """Have ``plan`` run as a test of its name; a decorator."""
        self[plan.__name__] = plan
        return plan


def plain(value: Any, depth: int = 0) -> Any:
    """What a result looks like, for comparing."""
    if isinstance(value, torch.Tensor):
        return "tensor", value.dtype, value.detach().tolist()
    if depth > 5:
        return type(value).__name__
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        pairs = [(plain(k, depth + 1), plain(v, depth + 1)) for k, v in value.items()]
        return type(value).__name__, pairs
    if isinstance(value, (set, frozenset)):
        return type(value).__name__, sorted(repr(plain(item, depth + 1)) for item in value)
    return type(value).__name__, repr(value).split(" at 0x")[0]


def steps(plan: Plan, wrap: Wrap) -> list[Any]:
    """What each call gave. Every one is made twice, so that a change comes before the third."""
    found = []
    for call in plan(wrap):
        for _ in range(2):
            try:
                found.append(plain(call()))
            except (Unsupported, InternalTorchDynamoError):
                raise
            except Exception as error:
                found.append(("raised", type(error).__name__))
    return found


def outcomes(plan: Plan, registry: Any, *, fullgraph: bool = True) -> tuple[list[Any], int]:
    """What each call gave on ``registry``, and how many graphs there were."""
    torch._dynamo.reset()
    graphs = [0]

    def backend(graph: Any, inputs: Any) -> Any:
        graphs[0] += 1
        return graph.forward

    def wrap(function: Any, **options: Any) -> Any:
        return torch.compile(function, backend=backend, fullgraph=fullgraph, **options)

    with vartrack.use(registry):
        return steps(plan, wrap), graphs[0]


def both_runs(plan: Plan, *, refuses: bool = False) -> int:
    """Assert that ``plan`` gives on `vartrack.sound` what Python gives.

    Args:
        plan: the program.
        refuses: whether a graph break is right too, where torch alone is not right in one piece.

    Returns:
        How many graphs there were.
    """
    want = steps(plan, lambda function, **options: function)
    try:
        have, graphs = outcomes(plan, vartrack.sound)
    except Unsupported as error:
        if not refuses or "a failure of vartrack itself" in str(error):
            raise
        assert not _is_right_on_torch_alone(plan, want), f"torch gets this right: {error}"
        have, graphs = outcomes(plan, vartrack.sound, fullgraph=False)
    assert have == want
    return graphs


def _is_right_on_torch_alone(plan: Plan, want: list[Any]) -> bool:
    torch._dynamo.reset()
    try:
        with vartrack.use(None):
            return (
                steps(plan, functools.partial(torch.compile, backend="eager", fullgraph=True))
                == want
            )
    except (Unsupported, InternalTorchDynamoError):
        return False
