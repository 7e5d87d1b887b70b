"""What the installed Triton offers, if there is one."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from torch.utils import _triton

__all__ = ["triton_functions", "triton_usable"]

#: From torch 2.15 a Triton that can only run on the CPU counts as well.
_ANY_DEVICE = (
    {"include_cpu": True}
    if "include_cpu" in inspect.signature(_triton.has_triton).parameters
    else {}
)


@functools.cache
def triton_usable() -> bool:
    """Whether Triton is installed and can run kernels on this machine."""
    return _triton.has_triton(**_ANY_DEVICE)


@functools.cache
def triton_functions() -> dict[str, Any]:
    """The Triton functions that have a tracker, those that this Triton has."""
    found: dict[str, Any] = {}
    if _triton.has_triton_experimental_host_tma():
        from triton.tools import experimental_descriptor

        for name in ("create_1d_tma_descriptor", "create_2d_tma_descriptor"):
            found[name] = getattr(experimental_descriptor, name)
    if _triton.has_triton_tensor_descriptor_host_tma():
        from triton.tools.tensor_descriptor import TensorDescriptor

        found["TensorDescriptor.from_tensor"] = TensorDescriptor.from_tensor
    if triton_usable():
        import triton

        if hasattr(triton, "set_allocator"):
            found["set_allocator"] = triton.set_allocator
    return found
