"""Nodes of a configuration of `omegaconf`, read where they are stored.

What a node stores is guarded alone, and so is what a plain interpolation leads to.
"""

from __future__ import annotations

import itertools
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import omegaconf
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource, DictGetItemSource, GetItemSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.snapshot import SnapshotVariable
from vartrack.bases.tracing.contents.zeros import with_sign
from vartrack.bases.tracing.evaluating.folding import guarded_literal

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["CONFIGS", "SEQUENCES", "stored_at", "stored_items"]

#: Tuples in a configuration, which were lists up to 2.3.
_TUPLES: tuple[type, ...] = tuple(
    getattr(omegaconf, name) for name in ("TupleConfig",) if hasattr(omegaconf, name)
)
#: What has items by their number.
SEQUENCES = (omegaconf.ListConfig, *_TUPLES)
#: Configurations, and parts of one that hold others.
CONFIGS = (omegaconf.DictConfig, *SEQUENCES)
#: An interpolation that says the way to another node, and nothing else: no resolver, no text.
_WAY = re.compile(r"\$\{(?P<dots>\.*)(?P<path>\w+(\.\w+|\[\w+\])*)\}")
_STEP = re.compile(r"\w+")
#: The ids of the nodes whose interpolations are being followed, so that cycles end.
_under_way: ContextVar[frozenset[int]] = ContextVar("vartrack_under_way", default=frozenset())


def _is_config(tracker: Any) -> TypeGuard[SnapshotVariable]:
    return issubclass(type(tracker), SnapshotVariable) and isinstance(tracker.example, CONFIGS)


def stored_at(tx: Any, config: SnapshotVariable, key: Any) -> VariableTracker | None:
    """The tracker of what the node at ``key`` stores; None if it is not just stored."""
    content = config.example.__dict__["_content"]
    is_index = type(content) is list and type(key) is int and 0 <= key < len(content)
    is_name = type(content) is dict and type(key) is str and key in content
    if config.source is None or not (is_index or is_name):
        return None
    at: Any = AttrSource(config.source, "_content")
    at = DictGetItemSource(at, key) if is_name else GetItemSource(at, key)
    node = content[key]
    if isinstance(node, CONFIGS):
        stored = node.__dict__["_content"]
        return VariableTracker.build(tx, node, at) if type(stored) in (dict, list) else None
    if "_val" not in node.__dict__:  # one of a union, which holds a node of one of its types
        install_guard(at.make_guard(GuardBuilder.TYPE_MATCH))
        node, at = node.__dict__["_content"], AttrSource(at, "_content")
        if not isinstance(node, omegaconf.nodes.ValueNode):
            return None
    value, place = node.__dict__["_val"], AttrSource(at, "_val")
    if not ConstantVariable.is_base_literal(value):
        return None
    if _is_to_be_resolved(value):
        return _interpolated(tx, config, node, at)
    install_guard(at.make_guard(GuardBuilder.TYPE_MATCH))
    if type(value) not in (int, float):
        return guarded_literal(value, place)
    # a text in its place could be an interpolation
    install_guard(place.make_guard(GuardBuilder.TYPE_MATCH))
    if config.content is not None:
        with_sign(config.content.compile, place, value)
    return VariableTracker.build(tx, value, place)


def stored_items(tx: Any, config: SnapshotVariable) -> list[VariableTracker] | None:
    """The trackers of all that a list stores; None if it is no list, or more than stored."""
    content = config.example.__dict__["_content"]
    if config.source is None or type(content) is not list:
        return None
    place = AttrSource(config.source, "_content")
    install_guard(place.make_guard(GuardBuilder.TYPE_MATCH))
    install_guard(place.make_guard(GuardBuilder.SEQUENCE_LENGTH))
    items: list[VariableTracker] = []
    for index in range(len(content)):
        item = stored_at(tx, config, index)
        if item is None:
            return None
        items.append(item)
    return items


def _interpolated(tx: Any, config: SnapshotVariable, node: Any, at: Any) -> VariableTracker | None:
    """The tracker of what an interpolation leads to; None if it is more than a way there.

    Args:
        tx: the tracer.
        config: what holds the node.
        node: the node that stores the interpolation.
        at: its source.
    """
    way = _WAY.fullmatch(node.__dict__["_val"])
    if way is None or type(node) is not omegaconf.AnyNode or id(node) in _under_way.get():
        return None  # a typed node converts what it leads to
    token = _under_way.set(_under_way.get() | {id(node)})
    try:
        found = _above(tx, config, len(way["dots"]))
        for step in _STEP.findall(way["path"]):
            holder = None if found is None else found.realize()
            if not _is_config(holder):
                return None
            has_numbers = isinstance(holder.example, SEQUENCES)
            found = stored_at(tx, holder, int(step) if has_numbers and step.isdigit() else step)
    finally:
        _under_way.reset(token)
    if found is not None:
        # the text says the way
        install_guard(at.make_guard(GuardBuilder.TYPE_MATCH))
        guarded_literal(node.__dict__["_val"], AttrSource(at, "_val"))
    return found


def _above(tx: Any, config: SnapshotVariable, dots: int) -> VariableTracker | None:
    """Where an interpolation with so many dots begins: here, further up, or at the top."""
    found: VariableTracker = config
    steps = itertools.count() if not dots else range(dots - 1)
    for _ in steps:
        if not _is_config(found) or found.source is None:
            return None
        parent, place = found.example.__dict__["_parent"], AttrSource(found.source, "_parent")
        if parent is None:
            guarded_literal(None, place)
            return found if not dots else None
        found = VariableTracker.build(tx, parent, place).realize()
    return found


def _is_to_be_resolved(value: Any) -> bool:
    return isinstance(value, str) and (value == omegaconf.MISSING or "${" in value)
