"""Draws what a program does with the parts of a value."""

from __future__ import annotations

import hypothesis.strategies as st

from random_programs.values import Node

__all__ = ["ERRORS", "draw_uses"]

#: What a program may catch: none of Dynamo's own errors is one of these.
ERRORS = "(TypeError, AttributeError, LookupError, ValueError, ArithmeticError, StopIteration)"

#: Uses of any value.
_ANY = (
    *(
        "$v",
        "$v is $w",
        "type($v).__name__",
        "isinstance($v, (int, list))",
        "[$v, $w]",
        "{'k': $v}",
    ),
    *(
        "$v == $w",
        "$v in [$w]",
        "callable($v)",
        "$v is None",
        "1 if $v else 2",
        "len(str($v)) > 3",
        "len($v)",
    ),
    *("[$w, $v].index($v)", "isinstance($v, collections.abc.Hashable)", "hasattr($v, '__len__')"),
    *("copy.copy($v)", "(lambda q: q)($v)", "(lambda *a, **k: a)($v)", "id($v) == id($w)"),
)
#: How an expression stands in the program; ``$e`` is the expression, ``$n`` the name of the result.
_SHAPES = (
    *(["$n = $e"] * 6),
    f"try:\n    $n = $e\nexcept {ERRORS} as error:\n    $n = type(error).__name__",
    "$n = [$e for _ in range(2)]",
    "$n = (lambda: $e)()",
    "$n = 1 if ($e) else 2",
    "def inner():\n    return $e\n$n = inner()",
)


def draw_uses(draw: st.DrawFn, nodes: list[Node]) -> tuple[list[str], list[Node]]:
    """Lines that give ``u0``, ``u1``, ... their values; and the nodes that were used."""
    lines: list[str] = []
    used = []
    for number in range(draw(st.sampled_from([1, 1, 1, 2, 2, 3]))):
        node, other = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        own = node.kind.all_uses
        use = draw(st.sampled_from(own if own and draw(st.integers(0, 4)) else list(_ANY)))
        if "f'" in use or 'f"' in use:  # there a path may not have quotes of its own
            lines.append(f"t = {node.path}")
            use = use.replace("$v", "t")
        expression = use.replace("$v", node.path).replace("$w", other.path)
        shape = draw(st.sampled_from(_SHAPES))
        text = shape.replace("$e", expression).replace("$n", f"u{number}")
        lines += text.splitlines()
        used += [node, other] if "$w" in use else [node]
    return lines, used
