"""`Result`: what an operation in the graph gave, on its way to becoming a tracker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.fx import Proxy

__all__ = ["Result"]


@dataclass
class Result:
    """One result.

    Attributes:
        example: its example value: a fake tensor, a symbol, a container of them, or a constant.
        proxy: the proxy of the node that gave it.
        target_cls: the tracker class that tensors get.
        subclass: the class of a tensor that only overrides functions, or None.
        options: further arguments for the tracker.
    """

    example: Any
    proxy: Proxy
    target_cls: Any
    subclass: type | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Any:
        """What the node calls: a function, or the name of a method."""
        return self.proxy.node.target

    @property
    def method(self) -> str | None:
        """The name of the method that the node calls, if it calls one."""
        return self.proxy.node.target if self.proxy.node.op == "call_method" else None
