"""Draws what happens between two calls."""

from __future__ import annotations

import hypothesis.strategies as st

from random_programs.values import Node, draw_leaf

__all__ = ["draw_changes"]

#: How something else comes to stand where a value is.
_WAYS = ("other", "other", "leaf", "alias", "copy", "swap")
#: The same where one of the values has no end: that stays where it is.
_IN_ITS_PLACE = ("other", "leaf", "copy")


def draw_changes(draw: st.DrawFn, nodes: list[Node], used: list[Node]) -> list[tuple[str, ...]]:
    """Some changes of one fact each, and the definitions that each needs."""
    return [_change(draw, nodes, used) for _ in range(draw(st.integers(1, 4)))]


def _change(draw: st.DrawFn, nodes: list[Node], used: list[Node]) -> tuple[str, ...]:
    node = draw(st.sampled_from(used if draw(st.integers(0, 2)) else nodes))
    own = node.kind.all_changes
    if own and draw(st.integers(0, 2)):
        return (draw(st.sampled_from(own)).replace("$v", node.path),)
    settable = [node for node in nodes if node.settable]
    if not node.settable:
        node = draw(st.sampled_from(settable))
    endless = any(node.kind.endless for node in nodes)
    way = draw(st.sampled_from(_IN_ITS_PLACE if endless else _WAYS))
    others = [other for other in settable if not _holds(other.path, node.path)]
    if way == "other" and node.kind.all_others:
        return (f"{node.path} = {draw(st.sampled_from(node.kind.all_others))}",)
    if way == "alias" and others:
        return (f"{node.path} = {draw(st.sampled_from(others)).path}",)
    if way == "swap" and others:
        other = draw(st.sampled_from(others))
        if not _holds(node.path, other.path):
            return (f"{node.path}, {other.path} = {other.path}, {node.path}",)
    if way == "copy":
        return (f"{node.path} = copy.copy({node.path})",)
    kind = draw_leaf(draw, endless=False)
    return (f"{node.path} = {kind.make}", *kind.blocks)


def _holds(whole: str, part: str) -> bool:
    return part.startswith(whole)
