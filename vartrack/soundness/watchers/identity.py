"""Identity: objects that were compared, and objects that were changed and could be another."""

from __future__ import annotations

from enum import Enum
from types import FunctionType, MethodType
from typing import Any

import torch
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables import object_protocol

from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import Holds, name_of

__all__ = ["WATCHERS"]

#: Dicts of modules, which are never another object.
_PARTS_OF_MODULES = frozenset(
    {"__dict__", "_parameters", "_buffers", "_modules"}
    | {f"_{way}_{what}" for way in ("forward", "backward") for what in ("hooks", "pre_hooks")}
)
#: Objects of these types have an identity that torch guards, or that nobody asks for.
_GUARDED = (type, Enum, torch.Tensor, bool, int, float, complex, str, bytes, type(None), type(...))


def _compared(ledger: Ledger, result: Any, left: Any, right: Any) -> None:
    """``left is right``: that they were one object, or were not."""
    if result is None or left is right:
        return
    names = name_of(left.source), name_of(right.source)
    if None not in names and names[0] != names[1]:
        text = f"whether {names[0]} is {names[1]}"
        sources = left.source, right.source
        ledger.sourced.rely("identity", ("is", *names), text, sources, _same_answer)


def _same_answer(one: Any, other: Any) -> Holds | None:
    answer = one is other
    if isinstance(one, _GUARDED) or isinstance(other, _GUARDED):
        return None
    if not answer and type(one) is not type(other):
        return None  # their types are guarded, so that they cannot become one
    if answer:
        return lambda one, other: one is other
    return lambda one, other: one is not other


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: what was changed must not have become something else that was read."""
    effects = output.side_effects
    changed, read = {}, {}
    for tracker in list(effects.id_to_variable.values()):
        source = tracker.source
        name = name_of(source)
        if name is not None and not _is_part_of_module(source):
            (changed if _was_changed(effects, tracker) else read)[name] = source
    if not changed or len(changed) + len(read) < 2:
        return
    sources = [*changed.values(), *read.values()]
    ledger.sourced.rely(
        "identity",
        ("aliases", *sorted(changed), len(sources)),
        f"that {', '.join(changed)} is nothing else that was read",
        sources,
        lambda *values: _distinct(len(changed), values),
    )


def _is_part_of_module(source: Any) -> bool:
    return getattr(source, "member", None) in _PARTS_OF_MODULES


def _was_changed(effects: Any, tracker: Any) -> bool:
    mutation = tracker.mutation_type
    return mutation is not None and "Existing" in type(mutation).__name__ and effects.is_modified(tracker)


def _distinct(changed: int, values: tuple[Any, ...]) -> Holds | None:
    """A check that none of the first ``changed`` values is another one of its type."""
    kinds: dict[type, tuple[list[int], list[int]]] = {}
    for index, value in enumerate(values):
        if not isinstance(value, (*_GUARDED, FunctionType, MethodType)):
            ours, others = kinds.setdefault(type(value), ([], []))
            (ours if index < changed else others).append(index)
    # what is one object already has a guard of torch's
    groups = [
        (ours, others)
        for ours, others in kinds.values()
        if ours and len({id(values[index]) for index in (*ours, *others)}) > 1
    ]
    if not groups:
        return None

    def pairs(values: tuple[Any, ...]) -> list[tuple[int, set[int]]]:
        found = []
        for ours, others in groups:
            mine = {id(values[index]) for index in ours}
            found.append((len(mine), mine & {id(values[index]) for index in others}))
        return found

    def shape(values: tuple[Any, ...]) -> list[tuple[int, int]]:
        return [(count, len(shared)) for count, shared in pairs(values)]

    expected = shape(values)
    return lambda *values: shape(values) == expected


WATCHERS: tuple[Watcher, ...] = (
    Watcher(object_protocol, "vt_identity_compare", "identity", after=_compared),
    Watcher(OutputGraph, "compile_subgraph", "identity", _compiled),
)
