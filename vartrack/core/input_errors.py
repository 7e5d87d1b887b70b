"""Requests about an input that cannot be met, told with the input, the dimension and a way out.

What steers Dynamo passes through visitors untouched; so these errors reach the user as torch's own
do, instead of ending as a graph break that blames a visitor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.exc import TorchDynamoException
from torch._dynamo.source import AttrSource
from torch.fx.experimental.symbolic_shapes import ConstraintViolationError, StrictMinMaxConstraint
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack.compat.names import OpaqueBase

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = [
    "InputAssertionError",
    "InputError",
    "check_bounds",
    "check_parts",
    "outside",
    "text",
]


class InputError(TorchDynamoException, ValueError):
    """A request about an input contradicts the input; torch raises a ``ValueError`` there.

    .. versionadded:: 0.1
    """


class InputAssertionError(TorchDynamoException, AssertionError):
    """The same, where torch's own code fails an assertion.

    .. versionadded:: 0.1
    """


def text(what: str, explanation: str, hint: str) -> str:
    """The text of an error, laid out as Dynamo lays out its graph breaks."""
    return f"{what}\n  Explanation: {explanation}\n  Hint: {hint}"


def outside(
    error: ConstraintViolationError,
    tensor: torch.Tensor,
    source: Source,
    context: Any,
    by_export: bool,
) -> ConstraintViolationError:
    """``error``, which making ``tensor`` fake raised, with every size that is outside its range."""
    found = list(_outside(tensor, context))
    if not found:
        return error
    explanations, hints = [], []
    for dim, size, low, high in found:
        call, change = _request(tensor, dim, low, high, by_export)
        explanations.append(
            f"Dimension {dim} of {source.name} has size {size}, but {call} allows {low} to {high}."
        )
        hints.append(f"Pass {source.name} with a size from {low} to {high}, or {change}.")
    return ConstraintViolationError(text(str(error), " ".join(explanations), " ".join(hints)))


def check_bounds(tensor: torch.Tensor, source: Source, context: Any) -> None:
    """Look for what is wrong with the bounds of unbacked sizes, once ``tensor`` was not made fake.

    Raises:
        InputError: some leave no size.
    """
    for dim, (low, high) in (getattr(context, "unbacked_bounds", None) or {}).items():
        if low is not None and high is not None and low > high and dim < tensor.dim():
            raise InputError(
                text(
                    f"no size lies between {low} and {high}",
                    f"Dimension {dim} of {source.name} was marked by mark_unbacked(..., {dim}, "
                    f"min={low}, max={high}).",
                    "Give min and max, min being the smaller one, or neither.",
                )
            ) from None


def _outside(tensor: torch.Tensor, context: Any) -> Iterator[tuple[int, Any, Any, Any]]:
    for dim, constraint in enumerate(context.constraint_sizes):
        if isinstance(constraint, StrictMinMaxConstraint):
            low, high, size = constraint.vr.lower, constraint.vr.upper, tensor.size(dim)
            # torch has no symbol for a size of 0 or 1
            if not max(low, 2) <= size <= high:
                yield dim, size, low, high


def _request(tensor: Any, dim: int, low: Any, high: Any, by_export: bool) -> tuple[str, str]:
    """Who asked for the range, as the call they made, and how to ask for another."""
    if by_export:
        return "dynamic_shapes of torch.export", "declare its Dim with other bounds"
    strong = dim in getattr(tensor, "_dynamo_dynamic_indices", ())
    name = "mark_dynamic" if strong else "maybe_mark_dynamic"
    return f"{name}(..., {dim}, min={low}, max={high})", f"call {name} with other bounds"


def check_parts(value: Any, source: Source) -> None:
    """Refuse a wrapper subclass that says it wraps what is neither a tensor nor opaque.

    Raises:
        InputAssertionError: it does.
    """
    if not is_traceable_wrapper_subclass(value):
        return
    for name in type(value).__tensor_flatten__(value)[0]:
        part = getattr(value, name)
        if isinstance(part, torch.Tensor):
            check_parts(part, AttrSource(source, name))
        elif not isinstance(part, OpaqueBase):
            raise InputAssertionError(
                text(
                    f"{type(value).__qualname__}.__tensor_flatten__ names {name!r}",
                    f"{source.name}.{name} is of type {type(part).__qualname__}; only tensors and "
                    "opaque objects can be inside a wrapper subclass.",
                    f"Return {name!r} as part of the context instead, the second value of "
                    "__tensor_flatten__.",
                )
            )
