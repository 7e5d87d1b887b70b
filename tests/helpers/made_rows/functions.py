"""Functions and operators, those of Triton included."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any
from unittest import mock

import torch
from rows import prelude
from torch.utils import _triton

from made_rows.base import REASONS, in_state, makes
from vartrack import compat
from vartrack.compat import triton as compat_triton


def script_function_alone() -> Any:
    return torch.jit.CompilationUnit("def f(x):\n    return x + 1\n").f


def partial_with_odd_keyword() -> Any:
    return functools.partial(prelude()["pyf"], **{type("Name", (str,), {})("x"): 1})


def local_map() -> Any:
    from torch.distributed.tensor.experimental._func_map import _local_map_wrapped

    return _local_map_wrapped


def local_map_kept_whole() -> Any:
    from torch._dynamo.variables.higher_order_ops import LocalMapWrappedHigherOrderVariable

    return LocalMapWrappedHigherOrderVariable.enable()


@functools.cache
def operator_without_tracker() -> Any:
    class Unknown(torch._ops.HigherOrderOperator):
        def __init__(self) -> None:
            super().__init__("vartrack_tests_unknown")

        def __call__(self, x: Any) -> Any:
            return super().__call__(x)

    return Unknown()


makes(
    "FUN-09",
    script_function_alone,
    # up to 2.11 it is found out when it is called
    (lambda: torch.jit.script(prelude()["pyf_t"])) if compat.runs_on(">=2.12") else None,
)
makes("FUN-12", partial_with_odd_keyword, lambda: functools.partial(prelude()["pyf"], x=1))
in_state("FUN-48", local_map_kept_whole, local_map)
makes("FUN-51", operator_without_tracker, lambda: torch.ops.higher_order.cond)


# Triton: its functions are real; only whether there is a GPU to run them is told otherwise


@contextlib.contextmanager
def gpu_for_triton() -> Iterator[None]:
    """As on a machine where Triton can run its kernels."""
    tests = ("has_triton", "has_triton_tensor_descriptor_host_tma")
    caches = (compat_triton.triton_usable, compat_triton.triton_functions)
    with contextlib.ExitStack() as stack:
        for name in tests:
            stack.enter_context(mock.patch.object(_triton, name, lambda **options: True))
        for cached in caches:
            cached.cache_clear()
            stack.callback(cached.cache_clear)
        yield


if _triton.has_triton_package():
    import triton
    from triton.language import float32
    from triton.tools.tensor_descriptor import TensorDescriptor

    @triton.jit
    def kernel(target: Any) -> None:
        pass

    in_state("FUN-52", gpu_for_triton, lambda: kernel)
    in_state("FUN-52", gpu_for_triton, lambda: triton.autotune([triton.Config({})], key=[])(kernel))
    in_state("FUN-54", gpu_for_triton, lambda: TensorDescriptor.from_tensor)
    in_state("FUN-55", gpu_for_triton, lambda: triton.set_allocator)
    makes("ENM-11", lambda: float32)
    REASONS["FUN-53"] = "this Triton has no experimental descriptors any more"
