"""The examples of the rows: every category that torch's own builder knows."""

from __future__ import annotations

from rows import ROWS, Example

from random_programs.kinds.kind import Kind

__all__ = ["KINDS", "LEFT_OUT", "why_left_out"]

#: Rows whose example changes the process, or takes a compile of its own to be made.
LEFT_OUT = {
    "FUN-19": "it forbids an operator for the whole process",
    "AUT-06": "it is no longer what it was once it is made",
    "ENM-12": "torch's guard on it ends the process when something else stands there",
    "SL-18": "torch's guard on it ends the process when something else stands there",
    "SEQ-14": "it is another second for every side",
    "MIS-05": "a hook of a tensor that is gone",
}
#: What examples begin process groups with, which stay for the whole process.
_GROUPS = ("make_process_group", "make_mesh", "make_dtensor", "make_ddp", "make_async", "dist.")

_USES = "type($v).__name__; $v is $w; [$v]; {'k': $v}; $v is None; callable($v); isinstance($v, int); bool($v); hasattr($v, 'ghost'); $v == $w; len(str($v)) > 2; getattr($v, 'ghost', 3); repr($v)[:1]; (lambda q: q)($v); len($v); list(itertools.islice($v, 2)); $v(x); $v + 1; hash($v) == hash($w)"


_EXAMPLES: dict[str, str] = {
    row["id"]: row["example"]
    for half in ("sourced", "sourceless")
    for row in ROWS[half]
    if row["example"]
}


def why_left_out(row: str) -> str:
    """Why a row is no kind; empty if it is one."""
    example = Example.read(_EXAMPLES[row])
    if example.flags or example.kind or example.export:
        return "it takes a setting, or another source than programs have"
    if any(name in example.expression for name in _GROUPS):
        return "it begins a process group"
    return LEFT_OUT.get(row, "")


KINDS = tuple(
    Kind(name, example, (), _USES, "", "None")
    for name, example in _EXAMPLES.items()
    if not why_left_out(name)
)
