"""Whether one dimension of an input is static, dynamic, unbacked or constrained, and why.

The policy looks at nothing but the facts it is given, so it can be tried without a compile.
docs/design/shape-policy.md has it as tables.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    RelaxedUnspecConstraint,
    StrictMinMaxConstraint,
)

from vartrack.compat.behaviour import FIRST_LIST_WINS
from vartrack.compat.names import UNBACKED

__all__ = [
    "RULES",
    "STATIC_FOR_GOOD",
    "Decision",
    "Facts",
    "Rule",
    "decide",
    "reasons",
]


class Facts(NamedTuple):
    """What is known about one dimension of one input.

    Attributes:
        marked_unbacked: ``mark_unbacked`` was called for it.
        marked_strictly_unbacked: ``mark_unbacked(strict=True)`` was.
        marked_dynamic: ``mark_dynamic`` was.
        marked_weakly: ``maybe_mark_dynamic`` was.
        propagated: torch marked it itself, since it was dynamic in the graph that it is from.
        marked_static: ``mark_static`` was.
        range: the value range that was declared with the mark, if it bounds anything.
        export_constraint: what ``torch.export`` demands of it.
        listed_static: ``torch.compiler.config.static_sources`` lists it.
        listed_dynamic: ``dynamic_sources`` lists it.
        listed_unbacked: ``unbacked_sources`` lists it.
        listed_value: ``dynamic_values`` lists its size.
        is_nested_int: its size is the ragged one of a nested tensor.
        hinted: it differed between the examples of the stance ``"eager_then_compile"``.
        size_changed: automatic dynamic saw other sizes before, or a mark.
        stride_changed: automatic dynamic saw other strides that do not follow from sizes.
        must_be_static: the whole tensor has a static shape, as parameters do.
        automatic: ``config.automatic_dynamic_shapes``.
        assume_static: ``config.assume_static_by_default``.
        ignore_marks: ``config.allow_ignore_mark_dynamic``.
        changed_kind: the kind of symbol for a size that changed; None if the config names none.
    """

    marked_unbacked: bool = False
    marked_strictly_unbacked: bool = False
    marked_dynamic: bool = False
    marked_weakly: bool = False
    propagated: bool = False
    marked_static: bool = False
    range: Any = None
    export_constraint: Any = None
    listed_static: bool = False
    listed_dynamic: bool = False
    listed_unbacked: bool = False
    listed_value: bool = False
    is_nested_int: bool = False
    hinted: bool = False
    size_changed: bool = False
    stride_changed: bool = False
    must_be_static: bool = False
    automatic: bool = True
    assume_static: bool = True
    ignore_marks: bool = False
    changed_kind: DimDynamic | None = DimDynamic.DYNAMIC


#: Why a size or number is static where not even a change would make it dynamic.
STATIC_FOR_GOOD = "config.assume_static_by_default is on, and automatic_dynamic_shapes off"


class Rule(NamedTuple):
    """One thing that can decide about a size: the kind it makes it, and why in words."""

    kind: DimDynamic
    words: str


_LISTS = "torch.compiler.config.{} lists it"
#: By the fact that decides. Of the facts that hold, the first that counts decides; which do not
#: count because of others is up to `decide`. The last three are what is left where none does.
RULES: dict[str, Rule] = {
    "marked_unbacked": Rule(UNBACKED, "marked by mark_unbacked"),
    "listed_unbacked": Rule(UNBACKED, _LISTS.format("unbacked_sources")),
    "is_nested_int": Rule(DimDynamic.DYNAMIC, "it is the ragged dimension of a nested tensor"),
    "export_constraint": Rule(DimDynamic.DYNAMIC, "torch.export constrains it"),
    "marked_dynamic": Rule(DimDynamic.DYNAMIC, "marked by mark_dynamic"),
    "marked_strictly_unbacked": Rule(DimDynamic.DYNAMIC, "marked by mark_unbacked(strict=True)"),
    "marked_weakly": Rule(DimDynamic.DYNAMIC, "marked by maybe_mark_dynamic"),
    "propagated": Rule(DimDynamic.DYNAMIC, "torch marked it: the code before had it dynamic"),
    "listed_dynamic": Rule(DimDynamic.DYNAMIC, _LISTS.format("dynamic_sources")),
    "listed_value": Rule(DimDynamic.DYNAMIC, _LISTS.format("dynamic_values")),
    "hinted": Rule(DimDynamic.DYNAMIC, "it differs between the examples"),
    "size_changed": Rule(DimDynamic.DYNAMIC, "its size changed, or was marked, before"),
    "must_be_static": Rule(DimDynamic.STATIC, "the whole tensor has a static shape"),
    "listed_static": Rule(DimDynamic.STATIC, _LISTS.format("static_sources")),
    "marked_static": Rule(DimDynamic.STATIC, "marked by mark_static"),
    "unchanged": Rule(DimDynamic.STATIC, "sizes are static until they change"),
    "assume_static": Rule(DimDynamic.STATIC, STATIC_FOR_GOOD),
    "not assume_static": Rule(DimDynamic.DUCK, "config.assume_static_by_default is off"),
}


class Decision(NamedTuple):
    """What a dimension becomes.

    Attributes:
        size: the kind of its size; None if that is up to the config, which names none.
        stride: the kind of its stride.
        size_constraint: what must stay true of the size, or None.
        stride_constraint: what must stay true of the stride, or None.
        rule: what decided about the size, a key of `RULES`.
        by_automatic_dynamic: True or False where torch counts a use, or a refusal, of automatic
            dynamic shapes; None where it counts nothing.
    """

    size: DimDynamic | None
    stride: DimDynamic
    size_constraint: Any
    stride_constraint: Any
    rule: str
    by_automatic_dynamic: bool | None = None


class _Read(NamedTuple):
    """What facts come to once it is settled which of them count.

    Attributes:
        static: a mark or a list wants the size static; hard marks win over that.
        static_list: it is a list that does, so weak marks and history do not count either.
        unbacked_list: the list of unbacked sources counts.
        weakly: a weak mark counts.
        size_moves: a list or history wants the size dynamic.
        stride_moves: history wants the stride dynamic.
    """

    static: bool
    static_list: bool
    unbacked_list: bool
    weakly: bool
    size_moves: bool
    stride_moves: bool


def _read(facts: Facts, first_list_wins: bool) -> _Read:
    static_list = first_list_wins and facts.listed_static
    listed = facts.listed_dynamic or facts.listed_unbacked or facts.listed_value
    unbacked = facts.listed_unbacked and not (first_list_wins and facts.listed_dynamic)
    history = facts.automatic and not static_list
    # a mark or hint is written into the history as if another size had been seen
    moved = facts.size_changed or facts.marked_dynamic or facts.hinted
    return _Read(
        static=facts.marked_static or static_list,
        static_list=static_list,
        unbacked_list=unbacked and not static_list,
        weakly=(facts.marked_weakly or facts.propagated) and not static_list,
        size_moves=(listed and not static_list) or (history and moved),
        stride_moves=history and facts.stride_changed,
    )


@functools.lru_cache(maxsize=1024)
def decide(facts: Facts, first_list_wins: bool = FIRST_LIST_WINS) -> Decision:
    """The decision for one dimension.

    Marks of the user come first, then the lists of the config, then what earlier calls showed,
    then the default. A mark says what the size becomes; a constraint says what guards may not
    narrow it to.

    Args:
        facts: what is known about it.
        first_list_wins: whether to decide as torch does from 2.15 on; as the running torch does,
            if not given.
    """
    read = _read(facts, first_list_wins)
    size_constraint, stride_constraint, counted = _constraints(facts, read, first_list_wins)
    rule = _rule(facts, read)
    size: DimDynamic | None = RULES[rule].kind
    if size is DimDynamic.DYNAMIC and (read.size_moves or read.stride_moves):
        size = facts.changed_kind
    stride = DimDynamic.INFER_STRIDE if stride_constraint is None else DimDynamic.DYNAMIC
    return Decision(size, stride, size_constraint, stride_constraint, rule, counted)


def _rule(facts: Facts, read: _Read) -> str:
    """What decides about the size."""
    if facts.marked_unbacked:
        return "marked_unbacked"
    if read.unbacked_list:
        return "listed_unbacked"
    for fact in _WHATEVER_ELSE_HOLDS:
        if getattr(facts, fact):
            return fact
    if read.weakly:
        return "marked_weakly" if facts.marked_weakly else "propagated"
    if read.size_moves and not read.static:
        return next(fact for fact in _MOVING if getattr(facts, fact))
    if facts.must_be_static:
        return "must_be_static"
    if read.static:
        return "listed_static" if read.static_list else "marked_static"
    return _default(facts)


_WHATEVER_ELSE_HOLDS = (
    "is_nested_int",
    "export_constraint",
    "marked_dynamic",
    "marked_strictly_unbacked",
)
_MOVING = ("listed_dynamic", "listed_value", "hinted", "size_changed")


def _default(facts: Facts) -> str:
    if not facts.assume_static:
        return "not assume_static"
    # with automatic dynamic off, history learns of no change
    return "unchanged" if facts.automatic else "assume_static"


def _constraints(facts: Facts, read: _Read, first_list_wins: bool) -> tuple[Any, Any, bool | None]:
    """The constraints on size and stride, and what counts for automatic dynamic."""
    if facts.export_constraint is not None:
        return facts.export_constraint, None, None
    if facts.marked_dynamic and not facts.ignore_marks:
        return _bounded(facts.range, warn_only=False), None, None
    if read.weakly and facts.range is not None and first_list_wins:
        free = read.stride_moves and not read.static
        stride = RelaxedUnspecConstraint(warn_only=True) if free else None
        return _bounded(facts.range, warn_only=True), stride, None
    if facts.marked_strictly_unbacked:
        return RelaxedUnspecConstraint(warn_only=False), None, None
    if not read.static and (read.size_moves or read.stride_moves):
        size = RelaxedUnspecConstraint(warn_only=True) if read.size_moves else None
        stride = RelaxedUnspecConstraint(warn_only=True) if read.stride_moves else None
        return size, stride, None if read.weakly and first_list_wins else True
    return None, None, False if not read.static and not facts.automatic else None


def _bounded(range: Any, warn_only: bool) -> Any:
    if range is None:
        return RelaxedUnspecConstraint(warn_only=warn_only)
    return StrictMinMaxConstraint(vr=range, warn_only=warn_only)


def reasons(facts: Facts, first_list_wins: bool = FIRST_LIST_WINS) -> list[str]:
    """Why the size becomes what it does: keys of `RULES`, each of which is reason enough.

    With any one of them the size becomes the same, and without all of them something else.
    Defaults are left out where anything else holds.
    """
    kind = decide(facts, first_list_wins).size
    rules = [decide(facts, first_list_wins).rule]
    without = facts
    while rules[-1] in _CAN_GO:
        without = _without(without, rules[-1])
        left = decide(without, first_list_wins)
        if left.size is not kind or left.rule not in _CAN_GO:
            break
        rules.append(left.rule)
    if len(rules) == 1:
        return rules
    alone = {rule: _without(facts, *(each for each in rules if each != rule)) for rule in rules}
    return [rule for rule in rules if decide(alone[rule], first_list_wins).size is kind]


#: What decides and could be otherwise. A ragged dimension is one for good, and torch marks it and
#: records it as dynamic besides; defaults are no facts of the dimension.
_CAN_GO = frozenset(RULES) & frozenset(Facts._fields) - {"is_nested_int", "assume_static"}


def _without(facts: Facts, *names: str) -> Facts:
    return facts._replace(**{name: Facts._field_defaults[name] for name in names})
