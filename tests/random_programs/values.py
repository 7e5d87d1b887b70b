"""Draws nested values: what they are made of, and how each part of them is reached."""

from __future__ import annotations

from dataclasses import dataclass, field

import hypothesis.strategies as st

from random_programs.kinds import FAMILIES, Kind

__all__ = ["ROOT", "Node", "Value", "draw_leaf", "draw_value"]

#: Stands in paths for the value as a whole.
ROOT = "$r"

_WITH_PARTS = ("containers", "subclasses", "objects", "functions", "modules", "registered")
_LEAVES = ("plain", "plain", "containers", "objects", "tensors", "functions", "iterators")
#: How often each family is the value as a whole.
_WHOLE = (*_WITH_PARTS, *_WITH_PARTS[:3], "modules", "tensors", "plain", "iterators", "rows")
_DEEPEST = 2


@dataclass(frozen=True)
class Node:
    """One value within the whole.

    Attributes:
        kind: its kind.
        path: an expression that leads to it, from `ROOT`.
        settable: whether something else can be assigned there.
    """

    kind: Kind
    path: str
    settable: bool


@dataclass
class Value:
    """A value that was drawn.

    Attributes:
        text: an expression that makes it.
        before: statements that come before, for parts that stand in several places.
        nodes: the value and its parts.
    """

    text: str = ""
    before: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    shared: dict[str, Kind] = field(default_factory=dict)


def draw_value(draw: st.DrawFn) -> Value:
    """Any value."""
    value = Value()
    value.text = _draw(draw, value, ROOT, True, 0)
    return value


def draw_leaf(draw: st.DrawFn, endless: bool = True) -> Kind:
    """A kind whose example has no parts; with ``endless`` false one that has an end."""
    kinds = [kind for kind in FAMILIES[draw(st.sampled_from(_LEAVES))] if "$1" not in kind.make]
    return draw(st.sampled_from([kind for kind in kinds if endless or not kind.endless]))


def _draw(draw: st.DrawFn, value: Value, path: str, settable: bool, depth: int) -> str:
    """Draw one part; the expression that makes it."""
    if value.shared and draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(list(value.shared)))
        value.nodes.append(Node(value.shared[name], path, settable))
        return name
    if depth == 0:
        kind = draw(st.sampled_from(FAMILIES[draw(st.sampled_from(_WHOLE))]))
    elif depth < _DEEPEST and draw(st.booleans()):
        kind = draw(st.sampled_from(FAMILIES[draw(st.sampled_from(_WITH_PARTS))]))
    else:
        kind = draw_leaf(draw)
    value.nodes.append(Node(kind, path, settable))
    text = kind.make
    for number, part in enumerate(kind.parts, 1):
        inner = part.replace("$v", path)
        if f"${number}" in text:
            made = _draw(draw, value, inner, not kind.fixed, depth + 1)
            text = text.replace(f"${number}", made)
    if depth and draw(st.integers(0, 4)) == 0:
        name = f"s{len(value.shared) + 1}"
        value.before.append(f"{name} = {text}")
        value.shared[name] = kind
        return name
    return text
