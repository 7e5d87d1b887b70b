"""Tensor subclasses: which are traced as what they wrap, and what guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.source import AttrSource, SubclassAttrListSource
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._library.fake_class_registry import FakeScriptObject
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack.compat import behaviour
from vartrack.compat.names import UnwrapSource, is_opaque_reference, is_unawaited

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["guard", "guarded_by_parts", "override_class"]

_PARTS_OF_DTENSOR = ["_local_tensor", *(["device_mesh"] if behaviour.FLATTENS_MESHES else [])]
_PLAIN = (torch.Tensor, torch.nn.Parameter, FakeTensor, FunctionalTensor)


def override_class(value: torch.Tensor) -> type | None:
    """The class of a tensor that only overrides functions; None for what is traced itself."""
    cls = type(value)
    return None if cls in _PLAIN or is_traceable_wrapper_subclass(value) else cls


def _is_dtensor(value: Any) -> bool:
    return torch.distributed.is_available() and isinstance(value, torch.distributed.tensor.DTensor)


def _resolves_to_plain(value: Any) -> bool:
    return UnwrapSource is not None and not _is_dtensor(value) and is_unawaited(type(value))


def guarded_by_parts(value: Any) -> bool:
    """Whether guards on the parts of ``value`` say all, so that the outside needs none."""
    return _is_dtensor(value) or _resolves_to_plain(value)


def guard(ctx: BuilderContext, value: Any) -> None:
    """Guard a wrapper subclass and everything inside it, which become inputs as well."""
    if not is_traceable_wrapper_subclass(value):
        return
    names, flattened = value.__tensor_flatten__()
    unwraps = _resolves_to_plain(value)
    if _is_dtensor(value):
        _guard_dtensor(ctx, value, names, flattened)
    elif not unwraps:
        ctx.guard("TENSOR_SUBCLASS_METADATA_MATCH")
        ctx.guard("TYPE_MATCH")
        ctx.under(SubclassAttrListSource).guard("EQUALS_MATCH")
    elif names != ["elem"]:
        raise RuntimeError(f"{type(value).__qualname__} wraps {names} instead of one elem")
    for name in names:
        part = getattr(value, name)
        _check_part(value, name, part)
        place = ctx.under(UnwrapSource) if unwraps else ctx.under(AttrSource, name)
        LazyVariableTracker.realize_all(place.visit(part))


def _check_part(value: Any, name: str, part: Any) -> None:
    if not behaviour.CHECKS_PARTS:
        return
    cls = type(part.real_obj) if isinstance(part, FakeScriptObject) else type(part)
    if not isinstance(part, torch.Tensor) and not is_opaque_reference(cls):
        raise RuntimeError(
            f"{type(value).__name__}.__tensor_flatten__() names {name!r}, a "
            f"{type(part).__name__!r}: only tensors and opaque references can be inside"
        )


def _guard_dtensor(ctx: BuilderContext, value: Any, names: Any, flattened: Any) -> None:
    """A DTensor is guarded by its spec, which costs less than what other subclasses need."""
    ctx.guard("TYPE_MATCH")
    if names[: 2 if behaviour.FLATTENS_MESHES else 1] != _PARTS_OF_DTENSOR:
        raise RuntimeError(f"a DTensor flattens to {names}; vartrack knows another layout")
    spec = value._spec
    expected: tuple[Any, ...] = (spec, value.requires_grad)
    if behaviour.FLATTENS_MESHES:
        expected = (spec.placements, spec.tensor_meta, spec.shard_order, value.requires_grad)
    if tuple(flattened) != expected:
        raise RuntimeError("a DTensor flattens with another context than vartrack knows")
    ctx.attr("_spec").guard("DTENSOR_SPEC_MATCH")
    ctx.attr("requires_grad").guard("EQUALS_MATCH")
