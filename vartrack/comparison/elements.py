"""Whether two tensors hold the same, whatever they are made of."""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

__all__ = ["same_elements"]


def same_elements(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors of one shape hold the same; NaN is the same as NaN."""
    # by torch's own operators: a subclass that each side makes anew does not know the other's
    with torch._C.DisableTorchFunctionSubclass():
        return _same(a.detach(), b.detach())


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.device.type == "meta" or isinstance(a, FakeTensor):
        return True  # there are no elements
    if _is_freed(a) or _is_freed(b):
        return _is_freed(a) and _is_freed(b)  # reading them would crash the process
    if a.is_nested:
        return all(map(_same, a.unbind(), b.unbind()))
    if is_traceable_wrapper_subclass(a) and is_traceable_wrapper_subclass(b):
        # whose elements are in its parts, and which need not know how to compare them
        return _same_parts(a, b)
    if a.layout is not torch.strided:
        a, b = a.to_dense(), b.to_dense()
    if a.is_quantized:
        a, b = a.dequantize(), b.dequantize()
    with torch.no_grad():
        same = a.eq(b)
        if a.is_floating_point() or a.is_complex():
            same = same | (a.isnan() & b.isnan())
        return bool(same.all())


def _same_parts(a: Any, b: Any) -> bool:
    """Whether two wrappers of one type are made of the same tensors."""
    names = a.__tensor_flatten__()[0]
    if names != b.__tensor_flatten__()[0]:
        return False
    return all(_same_part(getattr(a, name), getattr(b, name)) for name in names)


def _same_part(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and _same(a, b)
    return bool(a == b)  # such as the mesh of a distributed tensor


def _is_freed(tensor: torch.Tensor) -> bool:
    """Whether the memory behind ``tensor`` was given back, as FSDP does between uses."""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.layout != torch.strided:
        return False
    return tensor.numel() > 0 and tensor.untyped_storage().size() == 0
