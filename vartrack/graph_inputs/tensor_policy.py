"""The symbolic context of a tensor: the shape policy applied to each of its dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource
from torch._dynamo.utils import set_feature_use
from torch.export.dynamic_shapes import _RelaxedConstraint
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    StatefulSymbolicContext,
    StrictMinMaxConstraint,
    SubclassSymbolicContext,
    has_guarding_hint,
    is_nested_int,
)
from torch.nested._internal.nested_tensor import NestedTensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack import compat
from vartrack.compat.names import OpaqueBase, declared_range
from vartrack.graph_inputs import frame_history, noting, shape_specs, source_lists
from vartrack.graph_inputs.mistakes import InputAssertionError, InputError, text
from vartrack.graph_inputs.shape_policy import (
    FIRST_LIST_WINS,
    RULES,
    Decision,
    Facts,
    decide,
)

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["context_of", "is_strided_nested"]


def is_strided_nested(tensor: torch.Tensor) -> bool:
    """Whether ``tensor`` is a nested tensor of the old, strided layout."""
    return tensor.is_nested and not isinstance(tensor, NestedTensor)


def context_of(
    tx: Any,
    tensor: torch.Tensor,
    source: Source,
    must_be_static: bool,
    *,
    outer_only: bool = False,
    spec: Any = None,
) -> Any:
    """The symbolic context that ``tensor`` is made fake with.

    Args:
        tx: the tracer.
        tensor: the real tensor.
        source: where it came from.
        must_be_static: whether its whole shape is static.
        outer_only: for a wrapper subclass, leave out the tensors inside.
        spec: the user's spec for it, if a shapes spec is in force.
    """
    if is_strided_nested(tensor):
        unimplemented(
            gb_type="Encountered strided NestedTensor in automatic dynamic dim determination",
            context="",
            explanation="A nested tensor of strided layout has no sizes that a symbol could be.",
            hints=["Make it with layout=torch.jagged."],
        )
    earlier = tx.output.tracing_context.tensor_to_context.get(tensor)
    common: dict[str, Any] = {
        "tensor_source": source,
        "shape_env_to_source_to_symbol_cache": (
            earlier.shape_env_to_source_to_symbol_cache if earlier else {}
        ),
        "view_base_context": None,
    }
    if tensor._is_view():
        place = AttrSource(source, "_base")
        common["view_base_context"] = context_of(tx, tensor._base, place, must_be_static)
    if is_traceable_wrapper_subclass(tensor) and not outer_only:
        return _of_wrapper(tx, tensor, source, must_be_static, common)
    if any(isinstance(size, torch.SymInt) and not is_nested_int(size) for size in tensor.size()):
        kinds = [_kind_of_symbol(size) for size in tensor.size()]
        return _of_kinds(tx, kinds, [_TRACED_ALREADY] * tensor.dim(), common)
    specs = compat.shapes_spec()
    # before anything is recorded: a shape that must be static is not to be learnt from
    if specs is None and must_be_static and not source_lists.is_dynamic_source(source.name):
        whys = [RULES["must_be_static"].words] * tensor.dim()
        return _of_kinds(tx, [DimDynamic.STATIC] * tensor.dim(), whys, common)
    history = frame_history.record_tensor(tx, source.name, tensor)
    exported = _export_constraints(tx, tensor)
    if specs is not None:
        kinds = shape_specs.kinds(tensor, source, spec)
        whys = shape_specs.whys(tensor, spec)
        return _of_kinds(tx, kinds, whys, common, constrained=False)
    return _by_policy(tx, tensor, source, must_be_static, history, exported, common)


def _of_kinds(
    tx: Any, kinds: list[DimDynamic], whys: list[str], common: Any, *, constrained: bool = True
) -> Any:
    infer = DimDynamic.INFER_STRIDE
    noting.note_kinds(tx, common["tensor_source"], kinds, whys)
    none = [None] * len(kinds)
    constraints = {"constraint_sizes": none, "constraint_strides": list(none)}
    return StatefulSymbolicContext(
        dynamic_sizes=kinds,
        dynamic_strides=[infer] * len(kinds),
        **(constraints if constrained else {}),
        **common,
    )


_TRACED_ALREADY = "the trace around this one has it so"


def _kind_of_symbol(size: Any) -> DimDynamic:
    if not isinstance(size, torch.SymInt):
        return DimDynamic.STATIC
    return DimDynamic.DYNAMIC if has_guarding_hint(size) else DimDynamic.UNBACKED


def _of_wrapper(
    tx: Any, tensor: Any, source: Source, must_be_static: bool, common: Any
) -> SubclassSymbolicContext:
    """One context for the outside of a wrapper subclass, and one for each tensor inside."""
    outside = context_of(tx, tensor, source, must_be_static, outer_only=True)
    inside = {}
    for name in type(tensor).__tensor_flatten__(tensor)[0]:
        part = getattr(tensor, name)
        if isinstance(part, torch.Tensor):
            inside[name] = context_of(tx, part, AttrSource(source, name), must_be_static)
        elif not isinstance(part, OpaqueBase):
            raise InputAssertionError(
                text(
                    f"{type(tensor).__qualname__}.__tensor_flatten__ names {name!r}",
                    f"{source.name}.{name} is a {type(part).__qualname__}; only tensors and "
                    "opaque objects can be inside a wrapper subclass.",
                    f"Return {name!r} as part of the context instead, the second value of "
                    "__tensor_flatten__.",
                )
            )
    return SubclassSymbolicContext(
        dynamic_sizes=outside.dynamic_sizes,
        dynamic_strides=outside.dynamic_strides,
        constraint_sizes=outside.constraint_sizes,
        constraint_strides=outside.constraint_strides,
        view_base_context=common["view_base_context"],
        tensor_source=outside.tensor_source,
        shape_env_to_source_to_symbol_cache=outside.shape_env_to_source_to_symbol_cache,
        inner_contexts=inside,
        track_outer_size_stride=not isinstance(tensor, NestedTensor),
    )


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


def _by_policy(
    tx: Any,
    tensor: Any,
    source: Source,
    must_be_static: bool,
    history: Any,
    exported: dict[int, tuple[Any, Any]],
    common: Any,
) -> Any:
    sizes = tensor.size()
    if not sizes:
        return StatefulSymbolicContext(
            dynamic_sizes=[],
            dynamic_strides=[],
            constraint_sizes=[],
            constraint_strides=[],
            **_besides(tensor, history, common),
        )
    marks = {fact: getattr(tensor, name, ()) for fact, name in _MARKS.items()}
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
    known: list[Facts] = []
    decisions: list[Decision] = []
    for dim, size in enumerate(sizes):
        marked, hinted = dim in marks["marked_dynamic"], frame_history.hinted(hints, dim)
        size_changed = False
        if marked or hinted:
            # from here on history says the same, be it of this call or of another one
            history = frame_history.mark_dynamic(history, dim, len(sizes))
        else:
            size_changed = history.is_size_dynamic(dim)
        stride_changed = history.is_stride_dynamic(dim)
        facts = same
        if size_changed or stride_changed or hinted or not quiet or is_nested_int(size):
            demanded, dim_name = exported.get(dim, (None, None))
            if demanded is not None:
                debug_names = tx.output.shape_env.source_name_to_debug_name
                debug_names[f"{source.name}.size()[{dim}]"] = dim_name
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
        decision = decide(facts)
        if decision.size is None:
            frame_history.symbol_kind()  # says what is wrong with the config
        if decision.by_automatic_dynamic is not None:
            set_feature_use("dynamo.automatic_dynamic_shapes", decision.by_automatic_dynamic)
        known.append(facts)
        decisions.append(decision)
    noting.note_decisions(tx, source, known, decisions)
    return StatefulSymbolicContext(
        dynamic_sizes=[decision.size for decision in decisions],
        dynamic_strides=[decision.stride for decision in decisions],
        constraint_sizes=[decision.size_constraint for decision in decisions],
        constraint_strides=[decision.stride_constraint for decision in decisions],
        **_besides(tensor, history, common),
    )


def _besides(tensor: Any, history: Any, common: Any) -> dict[str, Any]:
    """The rest of the context, which nothing is decided about."""
    special = getattr(tensor, "_specialize_on", {})
    return {
        "specialize_on": [special.get(dim, []) for dim in range(tensor.dim())],
        "shape_ids": getattr(tensor, "_dynamo_shape_ids", None),
        "unbacked_bounds": getattr(tensor, "_dynamo_unbacked_bounds", None),
        "excluded_sizes": history.excluded_sizes,
        **common,
    }


#: From a fact to the attribute of a tensor with the dimensions that it is true of.
_MARKS = {
    "marked_unbacked": "_dynamo_unbacked_indices",
    "marked_strictly_unbacked": "_dynamo_strict_unbacked_indices",
    "marked_dynamic": "_dynamo_dynamic_indices",
    "marked_weakly": "_dynamo_weak_dynamic_indices",
    "propagated": "_dynamo_propagated_dynamic_indices",
    "marked_static": "_dynamo_static_indices",
}


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
    if not enforced and not (weakly and FIRST_LIST_WINS):
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
