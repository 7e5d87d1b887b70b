"""What earlier compiles of the frame saw: the memory behind automatic dynamic shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo import config
from torch._dynamo.pgo import (
    FrameStateSizeEntry,
    InferStride,
    auto_dynamic,
    auto_unset,
    process_automatic_dynamic,
)
from torch._dynamo.source import ChainedSource, LocalSource
from torch._subclasses.meta_utils import is_sparse_any
from torch.fx.experimental._dynamism import normalize_source_name
from torch.fx.experimental.symbolic_shapes import DimDynamic, _nested_int_aware_sort

from vartrack.compat.names import UNBACKED
from vartrack.core.input_errors import InputError, text

if TYPE_CHECKING:
    import torch
    from torch._guards import Source

__all__ = [
    "hinted",
    "hints",
    "mark_changed",
    "mark_dynamic",
    "record_number",
    "record_number_at",
    "record_tensor",
    "symbol_kind",
    "symbol_kind_or_none",
    "turned_dynamic",
]


def record_number(ctx: Any, value: float) -> FrameStateSizeEntry:
    """Note ``value`` for the context's source, and say what is known of it by now."""
    return record_number_at(ctx.tx, ctx.source, value)


def record_number_at(tx: Any, source: Any, value: float) -> FrameStateSizeEntry:
    """The same for any source."""
    return process_automatic_dynamic(
        tx,
        source.name,
        FrameStateSizeEntry.make_scalar(value),
        is_unspecialized_nn_module=source.guard_source.is_unspecialized_nn_module(),
    )


def mark_changed(ctx: Any) -> None:
    """Note that the number at the context's source changes, as if another had been seen."""
    mark_changed_at(ctx.tx, ctx.source)


def mark_changed_at(tx: Any, source: Any) -> None:
    """Note that the number at ``source`` changes, for the traced function and the one around it."""
    changed = FrameStateSizeEntry(scalar=auto_dynamic, size=auto_dynamic, stride=auto_dynamic)
    for each in {tx, tx.output.root_tx}:
        process_automatic_dynamic(each, source.name, changed)


def turned_dynamic(entry: FrameStateSizeEntry) -> bool:
    """Whether a number changed between calls."""
    return entry.scalar is auto_dynamic


def record_tensor(tx: Any, name: str, tensor: torch.Tensor) -> FrameStateSizeEntry:
    """Note the sizes and strides of ``tensor``, and say what is known of them by now.

    A stride that follows from the size and stride of another dimension is noted as such, so that
    it does not look dynamic only because the size is.
    """
    sizes = tensor.size()
    strides: list[Any] = []
    if not is_sparse_any(tensor):
        strides = list(tensor.stride())
        following: dict[Any, Any] = {}
        # the inner dimensions first; of two equal strides the later dimension
        order = sorted(((stride, -dim) for dim, stride in enumerate(strides)), key=_by_stride)
        for stride, negative in order:
            strides[-negative] = following.get(stride, stride)
            following.setdefault(stride * sizes[-negative], InferStride(-negative))
    return process_automatic_dynamic(
        tx, name, FrameStateSizeEntry.make_tensor(tuple(sizes), tuple(strides))
    )


def _by_stride(pair: tuple[Any, int]) -> Any:
    return _nested_int_aware_sort(pair)


def mark_dynamic(entry: FrameStateSizeEntry, dim: int, dims: int) -> FrameStateSizeEntry:
    """``entry`` with the size of one dimension known to be dynamic."""
    sizes: list[Any] = [auto_unset] * dims
    sizes[dim] = auto_dynamic
    entry |= FrameStateSizeEntry.make_size(size=tuple(sizes))
    return entry


def hints(source: Source) -> Any:
    """What whoever called the compiler said of the dimensions of ``source``; None if nothing."""
    root = source.get_base() if isinstance(source, ChainedSource) else source
    if not isinstance(root, LocalSource) or root.dynamism is None:
        return None
    return dict(root.dynamism).get(normalize_source_name(source.name))


def hinted(hints: Any, dim: int) -> bool:
    """Whether these `hints` say that a dimension is dynamic."""
    if hints is None:
        return False
    if isinstance(hints, tuple):
        return dim < len(hints) and bool(hints[dim])
    return bool(dict(hints)[dim])


_KINDS = {"dynamic": DimDynamic.DYNAMIC, "unbacked": UNBACKED}
if hasattr(DimDynamic, "OBLIVIOUS_SIZE"):  # in torch 2.10
    _KINDS["oblivious"] = DimDynamic.OBLIVIOUS_SIZE


def symbol_kind_or_none() -> DimDynamic | None:
    """`symbol_kind`, or None if the config names none; for where it may not be needed."""
    return _KINDS.get(config.automatic_dynamic_shapes_mark_as)


def symbol_kind(of: str) -> DimDynamic:
    """The kind of symbol that a size or number gets which turned out to be dynamic.

    Args:
        of: what it is the kind of, for an error.

    Raises:
        InputError: ``config.automatic_dynamic_shapes_mark_as`` is neither of the two.
    """
    wanted = config.automatic_dynamic_shapes_mark_as
    kind = _KINDS.get(wanted)
    if kind is None:
        raise InputError(
            text(
                f"invalid automatic_dynamic_shapes_mark_as: {wanted!r}",
                f"This setting says what {of} becomes, which is dynamic by a mark, a list or "
                "calls before.",
                f"Set torch._dynamo.config.automatic_dynamic_shapes_mark_as to one of "
                f"{', '.join(map(repr, _KINDS))}.",
            )
        )
    return kind
