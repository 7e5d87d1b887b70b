"""Whether one dimension of an input is static, dynamic, unbacked or constrained, and why.

The policy looks at nothing but the facts it is given, so it can be tried without a compile.
docs/design/shape-policy.md has it as a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    RelaxedUnspecConstraint,
    StrictMinMaxConstraint,
)

from vartrack import compat

__all__ = ["FIRST_LIST_WINS", "STATIC_TENSOR", "Decision", "Facts", "decide"]

#: From torch 2.15 on there is a list of static sources, the first list that names a dimension
#: settles it, and a weak mark can come with a range.
FIRST_LIST_WINS: bool = compat.runs_on(">=2.15")
RAGGED = "it is the ragged dimension of a nested tensor"
#: Why a dimension is static that has no say in it.
STATIC_TENSOR = "the whole tensor has a static shape"


@dataclass(frozen=True)
class Facts:
    """What is known about one dimension of one input.

    Attributes:
        marked_dynamic: ``mark_dynamic`` was called for it.
        marked_weakly: ``maybe_mark_dynamic`` was.
        propagated: torch marked it itself, since it was dynamic in the graph that it is from.
        marked_unbacked: ``mark_unbacked`` was.
        marked_strictly_unbacked: ``mark_unbacked(strict=True)`` was.
        marked_static: ``mark_static`` was.
        range: the value range that was declared with the mark, if it bounds anything.
        listed_static: ``torch.compiler.config.static_sources`` lists it.
        listed_dynamic: ``dynamic_sources`` lists it.
        listed_unbacked: ``unbacked_sources`` lists it.
        listed_value: ``dynamic_values`` lists its size.
        hinted: it differed between the examples of the stance ``"eager_then_compile"``.
        size_changed: automatic dynamic saw other sizes, or takes it for dynamic by a mark or hint.
        stride_changed: automatic dynamic saw other strides that do not follow from sizes.
        export_constraint: what ``torch.export`` demands of it.
        must_be_static: the whole tensor has a static shape, as parameters do.
        is_nested_int: its size is the ragged one of a nested tensor.
        automatic: ``config.automatic_dynamic_shapes``.
        assume_static: ``config.assume_static_by_default``.
        ignore_marks: ``config.allow_ignore_mark_dynamic``.
        changed_kind: the kind of symbol for a size that changed; None if the config names none.
    """

    marked_dynamic: bool = False
    marked_weakly: bool = False
    propagated: bool = False
    marked_unbacked: bool = False
    marked_strictly_unbacked: bool = False
    marked_static: bool = False
    range: Any = None
    listed_static: bool = False
    listed_dynamic: bool = False
    listed_unbacked: bool = False
    listed_value: bool = False
    hinted: bool = False
    size_changed: bool = False
    stride_changed: bool = False
    export_constraint: Any = None
    must_be_static: bool = False
    is_nested_int: bool = False
    automatic: bool = True
    assume_static: bool = True
    ignore_marks: bool = False
    changed_kind: DimDynamic | None = DimDynamic.DYNAMIC


@dataclass(frozen=True)
class Decision:
    """What a dimension becomes.

    Attributes:
        size: the kind of its size; None if that is up to the config, which names none.
        stride: the kind of its stride.
        size_constraint: what must stay true of the size, or None.
        stride_constraint: what must stay true of the stride, or None.
        why: the rule that decided, in words.
        by_automatic_dynamic: True or False where torch counts a use, or a refusal, of automatic
            dynamic shapes; None where it counts nothing.
    """

    size: DimDynamic | None
    stride: DimDynamic
    size_constraint: Any
    stride_constraint: Any
    why: str
    by_automatic_dynamic: bool | None = None


@dataclass(frozen=True)
class _Lists:
    """What the lists in the config come to."""

    static: bool
    dynamic: bool
    unbacked: bool
    why: str


def _read_lists(facts: Facts) -> _Lists:
    rows = (
        (facts.listed_static, "static_sources"),
        (facts.listed_dynamic, "dynamic_sources"),
        (facts.listed_unbacked, "unbacked_sources"),
        (facts.listed_value, "dynamic_values"),
    )
    why = next((f"torch.compiler.config.{name} lists it" for listed, name in rows if listed), "")
    if not FIRST_LIST_WINS:
        dynamic = facts.listed_dynamic or facts.listed_value or facts.listed_unbacked
        return _Lists(False, dynamic, facts.listed_unbacked, why)
    if facts.listed_static:
        return _Lists(True, False, False, why)
    unbacked = facts.listed_unbacked and not facts.listed_dynamic
    return _Lists(False, bool(why), unbacked, why)


def decide(facts: Facts) -> Decision:
    """The decision for one dimension.

    Marks of the user come first, then the lists of the config, then what earlier calls showed,
    then the default. A mark says what the size becomes; a constraint says what guards may not
    narrow it to.
    """
    lists = _read_lists(facts)
    static = facts.marked_static or lists.static
    weakly = (facts.marked_weakly or facts.propagated) and not lists.static
    history_size = facts.automatic and facts.size_changed and not lists.static
    history_stride = facts.automatic and facts.stride_changed and not lists.static
    size_moves = history_size or lists.dynamic
    size_constraint, stride_constraint, counted = _constraints(
        facts, static, weakly, size_moves, history_stride
    )
    size: DimDynamic | None
    size, why = _kind(facts, lists, static, weakly, size_constraint is not None)
    if size is DimDynamic.DYNAMIC and (size_moves or history_stride):
        size = facts.changed_kind
    stride = DimDynamic.INFER_STRIDE if stride_constraint is None else DimDynamic.DYNAMIC
    return Decision(size, stride, size_constraint, stride_constraint, why, counted)


def _kind(
    facts: Facts, lists: _Lists, static: bool, weakly: bool, constrained: bool
) -> tuple[DimDynamic, str]:
    """The kind of the size, and why; of a size that moves, before config has its say."""
    unbacked, dynamic = DimDynamic.UNBACKED, DimDynamic.DYNAMIC
    if facts.marked_unbacked:
        return unbacked, "marked by mark_unbacked"
    if lists.unbacked:
        return unbacked, lists.why
    if facts.export_constraint is not None:
        return dynamic, "torch.export constrains it"
    if facts.marked_dynamic:
        return dynamic, "marked by mark_dynamic"
    if facts.marked_strictly_unbacked:
        return dynamic, "marked by mark_unbacked(strict=True)"
    if weakly:
        return dynamic, _why_weakly(facts)
    if constrained:
        seen = "it differs between the examples" if facts.hinted else "its size changed"
        return dynamic, lists.why or seen
    if facts.is_nested_int:
        return dynamic, RAGGED
    if facts.must_be_static:
        return DimDynamic.STATIC, STATIC_TENSOR
    if static:
        return DimDynamic.STATIC, lists.why if lists.static else "marked by mark_static"
    if not facts.assume_static:
        return DimDynamic.DUCK, "config.assume_static_by_default is off"
    if not facts.automatic:
        return DimDynamic.STATIC, "config.automatic_dynamic_shapes is off"
    return DimDynamic.STATIC, "sizes are static until they change"


def _why_weakly(facts: Facts) -> str:
    if facts.marked_weakly:
        return "marked by maybe_mark_dynamic"
    return RAGGED if facts.is_nested_int else "torch marked it: the code before had it dynamic"


def _constraints(
    facts: Facts, static: bool, weakly: bool, size_moves: bool, stride_moves: bool
) -> tuple[Any, Any, bool | None]:
    """The constraints on size and stride, and what counts for automatic dynamic."""
    if facts.export_constraint is not None:
        return facts.export_constraint, None, None
    if facts.marked_dynamic and not facts.ignore_marks:
        return _bounded(facts.range, warn_only=False), None, None
    if weakly and facts.range is not None and FIRST_LIST_WINS:
        stride = RelaxedUnspecConstraint(warn_only=True) if stride_moves and not static else None
        return _bounded(facts.range, warn_only=True), stride, None
    if facts.marked_strictly_unbacked:
        return RelaxedUnspecConstraint(warn_only=False), None, None
    if not static and (size_moves or stride_moves):
        size = RelaxedUnspecConstraint(warn_only=True) if size_moves else None
        stride = RelaxedUnspecConstraint(warn_only=True) if stride_moves else None
        return size, stride, None if weakly and FIRST_LIST_WINS else True
    return None, None, False if not static and not facts.automatic else None


def _bounded(range: Any, warn_only: bool) -> Any:
    if range is None:
        return RelaxedUnspecConstraint(warn_only=warn_only)
    return StrictMinMaxConstraint(vr=range, warn_only=warn_only)
