"""Tables and settings that torch's own code and vartrack must see alike."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._dynamo.variables import builder

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

__all__ = [
    "dynamic_values",
    "identity_table",
    "module_iteration",
    "polyfilled_itertools",
    "shapes_spec",
    "static_sources",
    "stock_builder",
]

_IDENTITY_TABLE: dict[int, Callable[..., VariableTracker]] = builder.VariableBuilder._id_dispatch()
_MODULE_ITERATION = (
    ("named_parameters", builder.og_module_named_parameters_fn_ptr),
    ("named_buffers", builder.og_module_named_buffers_fn_ptr),
)
#: Where the shapes spec is; empty up to 2.12, which has none.
_SHAPES_SPEC = next(
    (name for name in ("_shapes_spec", "_dynamic_shapes_spec") if hasattr(config, name)), ""
)


def stock_builder() -> ModuleType:
    """torch's own builder module."""
    return builder


def identity_table() -> dict[int, Callable[..., VariableTracker]]:
    """What torch reaches by the identity of one object. ``substitute_in_graph`` adds to it."""
    return _IDENTITY_TABLE


def polyfilled_itertools() -> set[int]:
    """The ids of the itertools classes that have a polyfill; ``substitute_in_graph`` adds some."""
    return builder.ITERTOOLS_POLYFILLED_TYPE_IDS


def module_iteration() -> tuple[tuple[str, Callable[..., Any]], ...]:
    """The two methods that list a module's tensors, by name, as torch itself defines them."""
    return _MODULE_ITERATION


def shapes_spec() -> object | None:
    """The user's shapes spec that is in force, or None."""
    return getattr(config, _SHAPES_SPEC) if _SHAPES_SPEC else None


def static_sources() -> str:
    """The user's list of sources whose sizes are static; there is one from torch 2.15 on."""
    return getattr(torch.compiler.config, "static_sources", "")


def dynamic_values() -> str:
    """The user's list of numbers that are dynamic; there is one from torch 2.13 on."""
    return getattr(torch.compiler.config, "dynamic_values", "")
