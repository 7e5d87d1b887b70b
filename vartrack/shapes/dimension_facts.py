"""What is known about each dimension of a tensor: everything that the shape policy looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch.export.dynamic_shapes import _RelaxedConstraint
from torch.fx.experimental.symbolic_shapes import StrictMinMaxConstraint, is_nested_int

from vartrack import compat
from vartrack.compat import behaviour
from vartrack.compat.names import declared_range
from vartrack.core.input_errors import InputAssertionError, InputError, text
from vartrack.shapes import frame_history, source_lists
from vartrack.shapes.shape_policy import Facts

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["MARKS", "read"]

#: From a fact to the attribute of a tensor with the dimensions that it is true of.
MARKS = {
    "marked_unbacked": "_dynamo_unbacked_indices",
    "marked_strictly_unbacked": "_dynamo_strict_unbacked_indices",
    "marked_dynamic": "_dynamo_dynamic_indices",
    "marked_weakly": "_dynamo_weak_dynamic_indices",
    **({"propagated": "_dynamo_propagated_dynamic_indices"} if behaviour.PROPAGATES_MARKS else {}),
    "marked_static": "_dynamo_static_indices",
}


def read(
    tx: Any, tensor: torch.Tensor, source: Source, must_be_static: bool, history: Any
) -> tuple[list[Facts], Any]:
    """The facts of each dimension of ``tensor``, and its history with what is marked now.

    Settings and lists are read once for all dimensions.

    Args:
        tx: the tracer.
        tensor: the real tensor.
        source: where it came from.
        must_be_static: whether its whole shape is static.
        history: what automatic dynamic knows of it.
    """
    sizes = tensor.size()
    if not sizes:
        return [], history
    exported = _export_constraints(tx, tensor)
    marks = {fact: getattr(tensor, name, ()) for fact, name in MARKS.items()}
    lists = source_lists.listed(source.name)
    hints = frame_history.hints(source)
    same = Facts(
        must_be_static=must_be_static,
        automatic=config.automatic_dynamic_shapes,
        assume_static=config.assume_static_by_default,
        ignore_marks=config.allow_ignore_mark_dynamic,
        changed_kind=frame_history.symbol_kind_or_none(),
    )
    quiet = lists is source_lists.NOTHING and not exported and not any(marks.values())
    found = []
    for dim, size in enumerate(sizes):
        hinted = frame_history.hinted(hints, dim)
        size_changed = False
        if hinted or dim in marks["marked_dynamic"]:
            # from here on history says the same, be it of this call or of another one
            history = frame_history.mark_dynamic(history, dim, len(sizes))
        elif same.automatic:
            size_changed = history.is_size_dynamic(dim)
        # not to be asked of a sparse tensor, which has no strides: such are for export only
        stride_changed = same.automatic and history.is_stride_dynamic(dim)
        facts = same
        if size_changed or stride_changed or hinted or not quiet or is_nested_int(size):
            demanded, name = exported.get(dim, (None, None))
            if demanded is not None:
                debug_names = tx.output.shape_env.source_name_to_debug_name
                debug_names[f"{source.name}.size()[{dim}]"] = name
            facts = same._replace(
                **{fact: dim in dims for fact, dims in marks.items()},
                **_listed(lists, dim, size),
                export_constraint=demanded,
                is_nested_int=is_nested_int(size),
                hinted=hinted,
                size_changed=size_changed,
                stride_changed=stride_changed,
            )
            declared = _range(tensor, source, dim, facts)
            facts = facts if declared is None else facts._replace(range=declared)
        found.append(facts)
    return found, history


def _export_constraints(tx: Any, tensor: torch.Tensor) -> dict[int, tuple[Any, Any]]:
    """From a dimension to what ``torch.export`` demands of it, and the name of its Dim."""
    found: dict[int, tuple[Any, Any]] = {}
    for constraint in tx.output.export_constraints or ():
        if isinstance(constraint, _RelaxedConstraint) or constraint.t_id != id(tensor):
            continue
        demanded, name = constraint.constraint_range, constraint.name
        if constraint.dim in found:
            # two names for one dimension are derived from each other; both ranges hold
            other, other_name = found[constraint.dim]
            demanded = StrictMinMaxConstraint(vr=demanded.vr & other.vr, warn_only=False)
            name = other_name or name
        found[constraint.dim] = demanded, name
    return found


def _listed(lists: source_lists.Listed, dim: int, size: Any) -> dict[str, bool]:
    """What the lists say about one dimension."""
    static, dynamic, unbacked, values = lists
    return {
        "listed_static": dim in static or None in static,
        "listed_dynamic": dim in dynamic or None in dynamic,
        "listed_unbacked": dim in unbacked or None in unbacked,
        "listed_value": size in values,
    }


def _range(tensor: Any, source: Source, dim: int, facts: Facts) -> Any:
    """The range that was declared with the mark of ``dim``, where it counts."""
    if facts.export_constraint is not None:
        return None
    enforced = facts.marked_dynamic and not facts.ignore_marks
    weakly = (facts.marked_weakly or facts.propagated) and not facts.listed_static
    if not enforced and not (weakly and behaviour.FIRST_LIST_WINS):
        return None
    try:
        return declared_range(tensor, dim)
    except Exception as error:
        raise _bad_range(tensor, source, dim, error) from None


def _bad_range(tensor: Any, source: Source, dim: int, error: Exception) -> Exception:
    declared = [each for each in tensor._dynamo_dynamic_range if each.dim == dim][-1]
    one_sided = isinstance(error, AssertionError)
    why = (
        f"torch {compat.RUNNING} cannot work with one bound only."
        if one_sided
        else "No size lies in that range."
    )
    kind = InputAssertionError if one_sided else InputError
    return kind(
        text(
            f"{error}",
            f"Dimension {dim} of {source.name} was marked with min={declared.min} and "
            f"max={declared.max}. {why}",
            "Give both min and max, min being the smaller one, or neither.",
        )
    )
