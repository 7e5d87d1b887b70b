"""Where `vartrack.stock` does otherwise than torch's own builder, on purpose: torch dies there.

``docs/design/differences.md`` lists exactly these. Each has a program, or the rows of categories
whose example torch's builder dies of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._pytree import tree_map_only

__all__ = ["DIFFERENCES", "ROWS_THAT_KILL", "Difference"]

ONES = torch.ones(2)


@dataclass(frozen=True)
class Difference:
    """One place.

    Attributes:
        function: what is compiled; None if no program reaches it.
        args: makes what it is called with.
        options: of `torch.compile`.
        breaks: the title of vartrack's graph break; "" if it compiles.
        rows: the rows of categories whose example it is.
        since: the first release of torch that dies; those before compile it, and so does vartrack.
    """

    function: Callable[..., Any] | None = None
    args: Callable[[], tuple[Any, ...]] = tuple
    options: dict[str, Any] = field(default_factory=dict)
    breaks: str = ""
    rows: tuple[str, ...] = ()
    since: str = "2.10"


class Wrapper(torch.Tensor):
    """A tensor with a tensor inside."""

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)

    def __init__(self, inner: torch.Tensor) -> None:
        self.raw = inner

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["raw"], None

    @staticmethod
    def __tensor_unflatten__(inner: Any, meta: None, size: Any, stride: Any) -> Any:
        return Wrapper(inner["raw"])

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        plain = tree_map_only(Wrapper, lambda wrapper: wrapper.raw, args)
        return tree_map_only(torch.Tensor, Wrapper, func(*plain, **(kwargs or {})))


class Disguised:
    """An object that says it is a number."""

    @property
    def __class__(self) -> type:
        return int

    @__class__.setter
    def __class__(self, cls: type) -> None: ...


def doubled(x: torch.Tensor) -> torch.Tensor:
    return x * 2


def more_or_less(x: torch.Tensor, value: Any) -> torch.Tensor:
    return x + 1 if isinstance(value, int) else x - 1


def both(x: torch.Tensor, module: Any, compiled: Any) -> torch.Tensor:
    return module(x) + compiled(x)


def a_module_and_what_was_compiled_of_it() -> tuple[Any, ...]:
    module = torch.nn.Linear(2, 2)
    return ONES, module, torch.compile(module, backend="eager")


#: By name, as in the docs.
DIFFERENCES: dict[str, Difference] = {
    "views of sparse tensors": Difference(
        doubled,
        lambda: (torch.eye(3).to_sparse().coalesce().values(),),
        breaks="Attempted to wrap sparse Tensor",
    ),
    "views of tensor subclasses with compound sizes": Difference(
        doubled,
        lambda: (Wrapper(torch.ones(6, 4)).view(24),),
        {"dynamic": True},
        breaks="vartrack: a visitor raised",
    ),
    "a module, and then what was compiled of it": Difference(
        both, a_module_and_what_was_compiled_of_it
    ),
    "objects in disguise": Difference(
        more_or_less,
        lambda: (ONES, Disguised()),
        breaks="vartrack: an object in disguise",
        since="2.12",
    ),
    "lists that contain themselves, made while tracing": Difference(
        breaks="vartrack: a visitor raised", rows=("SEQ-09",)
    ),
    "nested ints, made while tracing": Difference(
        breaks="vartrack: a visitor raised", rows=("NUM-21",)
    ),
}
#: The rows of categories whose example torch's builder dies of.
ROWS_THAT_KILL = frozenset(row for one in DIFFERENCES.values() for row in one.rows)
