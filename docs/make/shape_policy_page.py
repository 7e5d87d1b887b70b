"""The dynamic-shape policy as tables in Markdown, made by asking it.

python docs/make/shape_policy_page.py > docs/design/shape-policy.md
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    RelaxedUnspecConstraint,
    StrictMinMaxConstraint,
)
from torch.utils._sympy.value_ranges import ValueRanges

from vartrack.shapes.shape_policy import RULES, Facts, decide

__all__ = ["LOOKED_AT", "Cell", "cells", "page", "short", "told"]

_HEAD = """\
# The dynamic-shape policy

For each dimension of a tensor input: does its size become a number (static), a symbol of its own
(dynamic), a symbol that nothing is known of (unbacked) or a symbol shared by equal sizes (duck)?
And what must stay true of that symbol? `vartrack/shapes/shape_policy.py` decides, from facts
alone; `dimension_facts.py` reads the facts, `tensor_policy.py` does what comes before and after.

This page is made by `python docs/make/shape_policy_page.py`, which asks the policy for every cell.
Tests hold the page against the code, and every cell against the decision of the installed torch
(`tests/docs/test_shape_policy_page.py`); `tests/shapes/test_shape_policy.py` does the same for all
combinations.

## Before any dimension is looked at

The first that holds decides for the whole tensor; `tests/shapes/test_shape_contexts.py` has each
of them.

| | what is looked at | what comes out |
|---|---|---|
| 1 | a nested tensor of strided layout | a graph break |
| 2 | a view | its base has a context of its own, besides; go on |
| 3 | a traceable wrapper subclass | the outside and each tensor inside are decided one by one |
| 4 | a size that is a symbol already, of a trace around this one | numbers are static, symbols \
dynamic, those without a hint unbacked; nothing is learnt |
| 5 | a shape that must be static, no shapes spec, and a source that `dynamic_sources` does not \
name in any dimension | all static; nothing is learnt |
| 6 | sizes and strides, those of other ranks included | go into the history of the source; go on |
| 7 | a shapes spec in force | what it has a variable for is unbacked, the rest is static |
| 8 | anything else | each dimension is decided by the facts below |

A size of 0 or 1 is a number whatever was decided, unless it is unbacked; so is a size whose range
has one number.
"""

#: From each fact to where it is read.
LOOKED_AT: dict[str, str] = {
    "marked_unbacked": "`mark_unbacked`",
    "marked_strictly_unbacked": "`mark_unbacked(strict=True)`",
    "marked_dynamic": "`mark_dynamic`; it is written into the history as well",
    "marked_weakly": "`maybe_mark_dynamic`",
    "propagated": "the mark that torch puts on results of a graph where they were dynamic",
    "marked_static": "`mark_static`",
    "range": "`min` and `max` of the mark that counts",
    "export_constraint": "`dynamic_shapes` of `torch.export`",
    "listed_static": "`torch.compiler.config.static_sources` (from torch 2.15 on)",
    "listed_dynamic": "`torch.compiler.config.dynamic_sources`",
    "listed_unbacked": "`torch.compiler.config.unbacked_sources`",
    "listed_value": "`torch.compiler.config.dynamic_values`, by the size",
    "is_nested_int": "the size: that of the ragged dimension of a nested tensor is one",
    "hinted": 'examples that the stance `"eager_then_compile"` saw; written into the history too',
    "size_changed": "the history of the source in this code: other sizes, or marks, before",
    "stride_changed": "the same, of strides; only while every size of the tensor is known",
    "must_be_static": "parameters, tensors of modules, what is no tensor in the program",
    "automatic": "`config.automatic_dynamic_shapes`; without it history does not count",
    "assume_static": "`config.assume_static_by_default`",
    "ignore_marks": "`config.allow_ignore_mark_dynamic`: then `mark_dynamic` demands nothing",
    "changed_kind": "`config.automatic_dynamic_shapes_mark_as`: what moved sizes become",
}

_DEMAND = StrictMinMaxConstraint(vr=ValueRanges(3, 9), warn_only=False)
_BOUNDS = ValueRanges(2, 64)
#: The rows: what is said of a dimension, and the facts that it makes.
_SAID: dict[str, dict[str, Any]] = {
    "`mark_unbacked`": {"marked_unbacked": True},
    "`unbacked_sources`": {"listed_unbacked": True},
    # history has a size that is no number as one that moves
    "ragged": {"is_nested_int": True, "size_changed": True},
    "export, from 3 to 9": {"export_constraint": _DEMAND},
    "`mark_dynamic`": {"marked_dynamic": True},
    "`mark_dynamic`, from 2 to 64": {"marked_dynamic": True, "range": _BOUNDS},
    "`mark_unbacked`, strict": {"marked_strictly_unbacked": True},
    "`maybe_mark_dynamic`": {"marked_weakly": True},
    "`maybe_mark_dynamic`, from 2 to 64": {"marked_weakly": True, "range": _BOUNDS},
    "propagated": {"propagated": True},
    "`dynamic_sources`": {"listed_dynamic": True},
    "`dynamic_values`": {"listed_value": True},
    "hint": {"hinted": True},
    "changed size": {"size_changed": True},
    "changed stride": {"stride_changed": True},
    "must be static": {"must_be_static": True},
    "`static_sources`": {"listed_static": True},
    "`mark_static`": {"marked_static": True},
    "nothing": {},
}
#: The columns: settings under which the same is decided.
_SETTINGS: dict[str, dict[str, Any]] = {
    "as torch is set": {},
    "`automatic_dynamic_shapes` off": {"automatic": False},
    "`assume_static_by_default` off": {"assume_static": False},
    "`allow_ignore_mark_dynamic` on": {"ignore_marks": True},
    "`..._mark_as` unbacked": {"changed_kind": DimDynamic.UNBACKED},
}
#: What cannot be at the same time.
_NEVER = (
    # a ragged size is no number
    {"is_nested_int", "listed_value"},
    {"is_nested_int", "stride_changed"},
    # strides are looked at only where no size is known to move
    {"size_changed", "stride_changed"},
    {"hinted", "stride_changed"},
    {"marked_dynamic", "stride_changed"},
)

_KINDS = {
    DimDynamic.STATIC: "static",
    DimDynamic.DYNAMIC: "dynamic",
    DimDynamic.UNBACKED: "unbacked",
    DimDynamic.DUCK: "duck",
}


class Cell(NamedTuple):
    """One cell: the facts it is about, how it is written, and where it stands."""

    facts: Facts
    short: bool
    row: str
    column: str


def cells() -> Iterator[Cell]:
    """Every cell of the two tables of decisions."""
    for row, said in _SAID.items():
        for column, settings in _SETTINGS.items():
            yield Cell(Facts(**said, **settings), False, row, column)
    for row, column in itertools.product(_SAID, _SAID):
        both = _SAID[row] | _SAID[column]
        if row != column and not any(never <= set(both) for never in _NEVER):
            yield Cell(Facts(**both), True, row, column)


def told(kind: Any, constraint: Any) -> str:
    """What becomes of a size, in words."""
    return ", ".join(filter(None, (_KINDS[kind], _demanded(constraint))))


def _demanded(constraint: Any) -> str:
    if isinstance(constraint, RelaxedUnspecConstraint):
        return "" if constraint.warn_only else "enforced"
    if not isinstance(constraint, StrictMinMaxConstraint):
        return ""
    bounds = f"{constraint.vr.lower} to {constraint.vr.upper}"
    return f"{bounds} at first" if constraint.warn_only else f"{bounds} enforced"


def short(kind: Any, constraint: Any) -> str:
    """The same as a letter, with a ``!`` where the constraint is enforced."""
    enforced = constraint is not None and not constraint.warn_only
    return _KINDS[kind][0].upper() + "!" * enforced


def page() -> str:
    """The page; it is the same on every torch."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## The facts of a dimension\n"
    yield "| fact | where it is read |"
    yield "|---|---|"
    yield from (f"| `{fact}` | {where} |" for fact, where in LOOKED_AT.items())
    yield "\n## What decides, in order\n"
    yield "The first fact that holds and counts. `explain` says it in these words, and names every"
    yield "other one that would make the size the same: take away all that are named, and it"
    yield "becomes something else."
    yield "\n| | fact | the size becomes | why, in words |"
    yield "|---|---|---|---|"
    for number, (fact, rule) in enumerate(RULES.items(), 1):
        yield f"| {number} | `{fact}` | {_KINDS[rule.kind]} | {rule.words} |"
    yield "\nA size that these have dynamic is of the kind that `automatic_dynamic_shapes_mark_as`"
    yield "names, if a list, history, a hint or `mark_dynamic` has it move.\n"
    yield "## One thing said, by settings\n"
    yield "*Enforced*: a program that narrows the size further does not compile. *At first*: it may"
    yield "be narrowed. Where releases differ, torch up to 2.14 stands before the slash, from 2.15"
    yield "on behind it.\n"
    found = {(c.row, c.column, c.short): _both(c) for c in cells()}
    yield from _table(_SAID, _SETTINGS, {k[:2]: v for k, v in found.items() if not k[2]})
    yield "\n## Two things said\n"
    yield "**S**tatic, **D**ynamic, **U**nbacked; **!** if a constraint is enforced. Settings as"
    yield "torch has them. Empty where the two cannot meet.\n"
    names = {name: str(number) for number, name in enumerate(_SAID, 1)}
    numbered = {(k[0], names[k[1]]): v for k, v in found.items() if k[2]}
    shown = {f"{number} {name}": name for name, number in names.items()}
    yield from _table(
        shown,
        names.values(),
        {(row, c): numbered.get((shown[row], c), "") for row in shown for c in names.values()},
    )


def _both(cell: Cell) -> str:
    write = short if cell.short else told
    before, since = (decide(cell.facts, each) for each in (False, True))
    old = write(before.size, before.size_constraint)
    new = write(since.size, since.size_constraint)
    return old if old == new else f"{old} / {new}"


def _table(rows: Any, columns: Any, found: dict[tuple[str, str], str]) -> Iterator[str]:
    yield f"| | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for row in rows:
        yield f"| {row} | {' | '.join(found[row, column] for column in columns)} |"


if __name__ == "__main__":
    print(page(), end="")
