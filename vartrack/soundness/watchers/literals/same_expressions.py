"""Floats that are worked out in two ways: torch takes them for one if algebra says so.

``(v + 1e16) - 1e16`` is ``v`` to torch, which drops what algebra makes superfluous from the graph.
Floats are rounded at each step, and ``-0.0 + 0`` is ``0.0``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import torch
from torch._dynamo import output_graph
from torch._dynamo.variables.tensor import SymNodeVariable
from torch.fx.node import Node, map_arg

from vartrack.soundness.facts.varying import varying
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

#: Where a node keeps the number that torch looks at.
_EXAMPLE = "example_value"


def _inserted(ledger: Ledger, own: Any, module: Any, *args: Any, **kwargs: Any) -> Any:
    """torch drops what it can at the end; it leaves alone what it knows no expression of."""
    hidden = [*_worked_out_anew(module.graph)]
    kept = [node.meta.pop(_EXAMPLE) for node in hidden]
    try:
        return own(module, *args, **kwargs)
    finally:
        for node, example in zip(hidden, kept, strict=True):
            node.meta[_EXAMPLE] = example


def _worked_out_anew(graph: Any) -> Iterator[Node]:
    """The floats before which there is one of the same expression that took other steps."""
    ways: dict[Any, str] = {}
    of_node: dict[Any, str] = {}
    first: dict[Any, str] = {}
    for node in graph.nodes:
        example = node.meta.get(_EXAMPLE)
        if not isinstance(example, torch.SymFloat):
            continue
        named = functools.partial(_named, of_node)
        # a number counts as it is written: 0, 0.0 and -0.0 are three
        way = node.op, node.target, repr(map_arg((node.args, node.kwargs), named))
        of_node[node] = ways.setdefault(way, node.name)
        if first.setdefault(example.node.expr, of_node[node]) != of_node[node]:
            yield node


def _named(of_node: dict[Any, str], operand: Node) -> Any:
    """The first node that takes the steps of ``operand``, by name."""
    return of_node.get(operand, operand.name)


def _decided(ledger: Ledger, own: Any, tracker: Any, *args: Any) -> Any:
    """``v + 1.0 > v``, of which torch asks no number."""
    node = tracker.as_proxy().node
    found = None
    if isinstance(tracker.sym_num, torch.SymBool) and any(map(_is_worked_out, node.args)):
        found = varying(node, ledger.output().shape_env)
    values = None if found is None else ledger.values_of(found.sources)
    if found is None or values is None:
        return own(tracker, *args)
    ledger.sourced.asked("values", found.text, found.text, found.sources, found.of)
    return found.of(*values)


def _is_worked_out(operand: Any) -> bool:
    if not isinstance(operand, Node) or operand.op != "call_function":
        return False
    return isinstance(operand.meta.get(_EXAMPLE), torch.SymFloat)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(output_graph, "insert_deferred_runtime_asserts", "tracing", instead=_inserted),
    Watcher(SymNodeVariable, "evaluate_expr", "tracing", instead=_decided),
)
