"""Which nodes of a graph are operations that torch wrote itself."""

from __future__ import annotations

from torch.fx import Node

__all__ = ["is_of_torch", "name_of"]

#: Where the functions are that torch wrote, besides the modules in C.
_MODULES = frozenset({"torch", "torch.functional", "torch.nn.functional", "_operator"})
_IN_C = "torch._C._"


def is_of_torch(node: Node) -> bool:
    """Whether ``node`` calls a method, an operator or one of torch's own functions."""
    if node.op == "call_method":
        return True
    module = getattr(node.target, "__module__", None) or ""
    return node.op == "call_function" and (module in _MODULES or module.startswith(_IN_C))


def name_of(node: Node) -> str:
    """The name of the operation."""
    target = node.target
    return target if isinstance(target, str) else getattr(target, "__name__", "")
