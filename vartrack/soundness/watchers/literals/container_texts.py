"""Texts of lists, tuples and dicts of what is known at the end alone, as they are at this moment.

torch makes such a text when the graph has run: of what came from outside as it was before the call,
and of what the function has made as it is at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import LAZY

__all__ = ["is_to_be_shown", "text_of"]

_CONTAINERS = (ListVariable, TupleVariable, ConstDictVariable)


def is_to_be_shown(tx: Any, tracker: VariableTracker) -> bool:
    """Whether it is a container that may hold something else when torch makes its text."""
    known: Any = tracker.unwrap()
    if type(known) not in _CONTAINERS or known.is_python_constant():
        return False
    return any(
        each.source is None or tx.output.side_effects.is_modified(each) for each in _within(known)
    )


def _within(known: Any) -> Iterator[Any]:
    """The containers in one, itself among them."""
    if type(known) in _CONTAINERS:
        yield known
        for part in _parts(known):
            yield from _within(part.unwrap())


def _parts(known: Any) -> list[Any]:
    return [*known.items.values()] if type(known) is ConstDictVariable else [*known.items]


def _may_change(tx: Any, known: Any) -> bool:
    """Whether something that is no container of these may be another at the end, or was before."""
    if known.is_tensor():
        return False  # as torch takes it where a text is of a tensor alone
    made = known.source is None and known.mutation_type is not None
    return made or tx.output.side_effects.is_modified(known)


def text_of(tx: Any, tracker: VariableTracker) -> VariableTracker | None:
    """Its text, with what is in it now; None if that may change until it has a text."""
    args: list[VariableTracker] = []
    template = _template(tx, tracker, args)
    for each in _within(tracker.unwrap()):
        if type(each) is ConstDictVariable and each.source is not None:
            tx.output.guard_on_key_order.add(each.source)
            each.install_dict_keys_match_guard()
    return None if template is None else StringFormatVariable(template, args, {})


def _template(tx: Any, tracker: Any, args: list[VariableTracker]) -> str | None:
    # what is not built yet is read at the end, as it was before the call
    if waits(tracker) or (type(tracker) in LAZY and not tracker.is_realized()):
        args.append(tracker)
        return "{!r}"
    known = tracker.realize()
    cls = type(known)
    if cls is ConstDictVariable:
        keys = [_template(tx, key.vt, args) for key in known.items]
        parts: list[Any] = []
        for key, item in zip(keys, known.items.values(), strict=True):
            value = _template(tx, item, args)
            parts.append(None if None in (key, value) else f"{key}: {value}")
        shape = ("{{", "}}", "")
    elif cls in _CONTAINERS:
        parts = [_template(tx, item, args) for item in known.items]
        shape = ("[", "]", "") if cls is ListVariable else ("(", ")", "," * (len(parts) == 1))
    elif known.is_python_constant():
        return repr(known.as_python_constant()).replace("{", "{{").replace("}", "}}")
    elif _may_change(tx, known):
        return None
    else:
        args.append(known)
        return "{!r}"
    return None if None in parts else f"{shape[0]}{', '.join(parts)}{shape[2]}{shape[1]}"
