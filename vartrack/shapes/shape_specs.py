"""The user's shapes spec: which part of it is about a source, and what it says of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.source import (
    AttrSource,
    DictGetItemSource,
    GetItemSource,
    LocalSource,
    NNModuleSource,
    UnspecializedParamBufferSource,
)
from torch.fx.experimental.symbolic_shapes import DimDynamic

from vartrack.compat import shared
from vartrack.compat.names import UNBACKED, DictSpec, LeafSpec, ObjectSpec, SeqSpec, TensorSpec
from vartrack.core.input_errors import InputError, text
from vartrack.core.texts.articles import with_article

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["kinds", "of_source", "whys"]

#: One step from a local to a value: ``("attr", name)`` or ``("key", key)``.
Step = tuple[str, Any]


def of_source(source: Source) -> Any:
    """The leaf of the shapes spec for ``source``; None if there is none.

    Raises:
        InputError: the spec has another form than the value it is about.
    """
    specs: Any = shared.shapes_spec()
    if specs is None or specs._params is None:
        return None
    found = _steps(source)
    if found is None:
        return None
    root, steps = found
    params = specs._params
    if root.is_varargs or root.is_varkw:
        return _of_rest(params, root, steps, source)
    return _walk(params._named_args.get(root.local_name), steps, source)


def _steps(source: Source) -> tuple[LocalSource, list[Step]] | None:
    """The argument ``source`` starts from, and the steps to it; None if no spec can say them."""
    steps: list[Step] = []
    place: Any = source
    while not isinstance(place, LocalSource):
        if isinstance(place, NNModuleSource):
            pass  # says how a module is guarded, and leads nowhere
        elif isinstance(place, DictGetItemSource) and isinstance(place.index, (int, str)):
            if isinstance(place.base, UnspecializedParamBufferSource):
                # a parameter: to the user it is an attribute of the module
                steps.append(("attr", place.index))
                place = place.base
            else:
                steps.append(("key", place.index))
        elif isinstance(place, GetItemSource) and type(place.index) is int:
            steps.append(("key", place.index))
        elif isinstance(place, AttrSource):
            steps.append(("attr", place.member))
        else:
            return None
        place = place.base
    return (place, steps[::-1]) if place.is_input else None


def _of_rest(params: Any, root: LocalSource, steps: list[Step], source: Source) -> Any:
    """The spec of something in ``*args`` or ``**kwargs``."""
    kind: str
    key: Any
    kind, key = steps[0] if steps else ("", None)
    wanted: type = int if root.is_varargs else str
    if kind != "key" or type(key) is not wanted:
        raise RuntimeError(f"{source.name} does not reach into {root.local_name} by {wanted}")
    rest: Any = params._varargs if root.is_varargs else params._varkw
    known: Any = () if rest is None else range(len(rest)) if root.is_varargs else rest
    return _walk(rest[key], steps[1:], source) if key in known else None


def _walk(spec: Any, steps: list[Step], source: Source) -> Any:
    for kind, key in steps:
        if spec is None:
            return None  # the user said nothing here: static
        if isinstance(spec, ObjectSpec) and kind == "attr":
            spec = spec._fields.get(key)
        elif isinstance(spec, DictSpec) and kind == "key":
            spec = spec._entries.get(key)
        elif isinstance(spec, SeqSpec) and kind == "key" and isinstance(key, int):
            spec = spec._entries[key] if 0 <= key < len(spec) else None
        else:
            reached = f"attribute {key!r}" if kind == "attr" else f"[{key!r}]"
            raise InputError(
                text(
                    f"the shapes spec for {source.name} has another form than the value",
                    f"{source.name} is reached by {reached}, where the spec has "
                    f"{with_article(type(spec))}.",
                    "Use ObjectSpec for attributes, DictSpec for a dict and SeqSpec for a list.",
                )
            )
    if not isinstance(spec, LeafSpec):
        raise InputError(
            text(
                f"the shapes spec for {source.name} has another form than the value",
                f"{source.name} is a single value, where the spec has {with_article(type(spec))}.",
                "Use TensorSpec for a tensor, and an int, an IntVar or None for an int.",
            )
        )
    return spec


def kinds(tensor: torch.Tensor, source: Source, spec: Any) -> list[DimDynamic]:
    """The kind of each size of ``tensor`` under ``spec``; all static without one.

    Raises:
        InputError: the spec has another number of dimensions, or another static size.
    """
    if spec is None:
        return [DimDynamic.STATIC] * tensor.dim()
    if not isinstance(spec, TensorSpec):
        raise InputError(
            text(
                f"the shapes spec for {source.name} is {spec!r}",
                f"{source.name} is a tensor of sizes {tuple(tensor.size())}.",
                f"Put a TensorSpec or None in the spec of {source.name}.",
            )
        )
    if len(spec) != tensor.dim():
        raise InputError(
            text(
                f"the shapes spec has {len(spec)} dimensions for {source.name}",
                f"{source.name} has {tensor.dim()}, of sizes {tuple(tensor.size())}.",
                f"Give the TensorSpec of {source.name} an entry for each dimension; None stands "
                "for a static one.",
            )
        )
    return [_kind(source, dim, size, spec[dim]) for dim, size in enumerate(tensor.size())]


def _kind(source: Source, dim: int, size: Any, wanted: Any) -> DimDynamic:
    """The kind of one size, of which the spec says ``wanted``."""
    if isinstance(wanted, int) and wanted != size:
        raise InputError(
            text(
                f"the shapes spec declares dimension {dim} of {source.name} to be {wanted}, "
                f"but it is {size}",
                "An int in a shapes spec is a demand.",
                f"Pass {source.name} with size {wanted} there, or put None (any size, "
                "compiled for each) or a ShapeVar (one compile for all) in the spec.",
            )
        )
    if wanted is None or isinstance(wanted, int):
        return DimDynamic.STATIC
    if isinstance(wanted, torch.SymInt):
        return UNBACKED
    raise InputError(
        text(
            f"the shapes spec has {wanted!r} for dimension {dim} of {source.name}",
            "A dimension is an int, a ShapeVar, an expression of some, or None.",
            "Put one of these in its place.",
        )
    )


def whys(tensor: torch.Tensor, spec: Any) -> list[str]:
    """Why each size of ``tensor`` becomes what `kinds` gives."""
    return [_BY_SPEC if spec is not None else _NO_SPEC] * tensor.dim()


_BY_SPEC = "the shapes spec has it so"
_NO_SPEC = "the shapes spec says nothing about it"
