"""A backend whose graphs can be stored: `eager`, which torch 2.10 does not store."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from torch._dynamo.aot_compile_types import SerializableCallable

from vartrack.compat import runs_on

__all__ = ["STORED_EAGERLY"]


class _Graph(SerializableCallable):
    """A graph that runs as it is."""

    def __init__(self, graph: Callable[..., Any]) -> None:
        self.graph = graph

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.graph(*args, **kwargs)

    @classmethod
    def serialize_compile_artifacts(cls, fn: Any) -> bytes:
        return pickle.dumps(fn.graph)

    @classmethod
    def deserialize_compile_artifacts(cls, data: bytes) -> Any:
        return cls(pickle.loads(data))


def _stored(graph: Callable[..., Any], inputs: Any) -> _Graph:
    return _Graph(graph)


#: What `torch.compile` takes as its backend.
STORED_EAGERLY: Any = "eager" if runs_on(">=2.11") else _stored
