"""Functions compiled on a registry, for tests of users' types."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry


def run(registry: Registry, function: Any, *args: Any, fullgraph: bool = True) -> Any:
    """What ``function`` gives when it is compiled on ``registry``."""
    torch._dynamo.reset()
    with vartrack.use(registry):
        return torch.compile(function, backend="eager", fullgraph=fullgraph)(*args)


def refusal(registry: Registry, function: Any, *args: Any) -> str:
    """What the graph break says."""
    with pytest.raises(Unsupported) as raised:
        run(registry, function, *args)
    return str(raised.value)
