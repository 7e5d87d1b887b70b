"""Everything that depends on the torch release: the only place that asks which one runs."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
import torch._dynamo.config as dynamo_config
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
from torch.fx.experimental.dynamic_spec import IntVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch._dynamo.variables.base import VariableTracker

__all__ = ["KNOWN", "RUNNING", "IntVar", "is_known", "runs_on", "shapes_spec", "stock_builder"]

#: The torch releases whose own builder the stock registry is compared with.
KNOWN: tuple[str, ...] = ("2.13",)

#: The torch that is running.
RUNNING: Version = Version(torch.__version__)


@functools.cache
def runs_on(spec: str) -> bool:
    """Whether the running torch fits ``spec``, such as ``">=2.14"``; an empty one always fits.

    Raises:
        ValueError: ``spec`` is not a version specifier.
    """
    try:
        return SpecifierSet(spec).contains(Version(RUNNING.base_version))
    except InvalidSpecifier as error:
        raise ValueError(f"{spec!r} is not a version specifier such as '>=2.14'") from error


def is_known() -> bool:
    """Whether the running torch is one of `KNOWN`."""
    return f"{RUNNING.major}.{RUNNING.minor}" in KNOWN


def stock_builder() -> ModuleType:
    """torch's own builder module, for the names and tables that a tracer shares with it."""
    from torch._dynamo.variables import builder

    return builder


def _shapes_spec_flag() -> str:
    names = ("_shapes_spec", "_dynamic_shapes_spec")
    return next(name for name in names if hasattr(dynamo_config, name))


_SHAPES_SPEC = _shapes_spec_flag()


def shapes_spec() -> object | None:
    """The user's shapes spec that is in force, or None."""
    return getattr(dynamo_config, _SHAPES_SPEC)


def polyfilled_itertools() -> set[int]:
    """The ids of the itertools classes that have a polyfill; ``substitute_in_graph`` adds some."""
    return stock_builder().ITERTOOLS_POLYFILLED_TYPE_IDS


def identity_table() -> dict[int, Callable[..., VariableTracker]]:
    """What torch reaches by the identity of one object. ``substitute_in_graph`` adds to it."""
    return _identity_table


def module_iteration() -> tuple[tuple[str, Callable[..., Any]], ...]:
    """The two methods that list a module's tensors, by name, as torch itself defines them."""
    return _module_iteration


_identity_table: dict[int, Callable[..., VariableTracker]] = (
    stock_builder().VariableBuilder._id_dispatch()
)
_module_iteration = (
    ("named_parameters", stock_builder().og_module_named_parameters_fn_ptr),
    ("named_buffers", stock_builder().og_module_named_buffers_fn_ptr),
)


@functools.cache
def triton_usable() -> bool:
    """Whether Triton is installed and can run kernels on this machine."""
    from torch.utils._triton import has_triton

    return has_triton()


@functools.cache
def triton_functions() -> dict[str, Any]:
    """The Triton functions that have a tracker, those that this Triton has."""
    from torch.utils import _triton

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
