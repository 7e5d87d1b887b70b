"""Texts of lists, tuples and dicts of what is known at the end alone, as they are at this moment.

torch makes such a text when the graph has run: of what came from outside as it was before the call,
and of what the function has made as it is at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import LAZY

__all__ = ["filled_in", "with_texts"]

#: Templates that take the texts of values as they are.
_SHOWN_WHOLE = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w*(?:!s)?:?\})*")
_CONTAINERS = (ListVariable, TupleVariable, ConstDictVariable)


def filled_in(parts: dict[str, Any]) -> list[VariableTracker]:
    """What ``StringFormatVariable.create`` is to fill in, of what it takes by name."""
    return [*parts["sym_args"], *parts["sym_kwargs"].values()]


def with_texts(tx: Any, parts: dict[str, Any]) -> tuple[dict[str, Any], VariableTracker | None]:
    """``parts`` of a text with texts in the place of containers that may change.

    Args:
        tx: the tracer.
        parts: what ``StringFormatVariable.create`` takes, by name.

    Returns:
        The parts, and a container that has no text yet; None if there is no such.
    """
    if not any(_is_to_be_shown(tx, value) for value in filled_in(parts)):
        return parts, None
    is_whole = _SHOWN_WHOLE.fullmatch(parts["format_string"]) is not None
    without: list[VariableTracker] = []

    def shown(value: VariableTracker) -> VariableTracker:
        if not _is_to_be_shown(tx, value):
            return value
        text = _text_of(tx, value) if is_whole else None
        if text is None:
            without.append(value)
            return value
        return text

    named = {name: shown(value) for name, value in parts["sym_kwargs"].items()}
    parts = {**parts, "sym_args": [*map(shown, parts["sym_args"])], "sym_kwargs": named}
    return parts, without[0] if without else None


def _is_to_be_shown(tx: Any, tracker: VariableTracker) -> bool:
    """Whether it is a container that may hold something else when torch makes its text."""
    known = _known(tx, tracker)
    if type(known) not in _CONTAINERS:
        return False
    effects = tx.output.side_effects
    within = [*_within(tx, known)]
    if known.is_python_constant():
        return False
    return any(each.source is None or effects.is_modified(each) for each in within)


def _known(tx: Any, tracker: VariableTracker) -> Any:
    """The tracker that ``tracker`` stands for; one that is not built yet if nothing asked for it.

    What is reached by another way as well, and was changed there, is not what it was.
    """
    if _is_unbuilt(tracker):
        late: Any = tracker
        value = late.example if waits(late) else late.original_value()
        if value in tx.output.side_effects:
            return tracker.realize()
    return tracker.unwrap()


def _is_unbuilt(tracker: Any) -> bool:
    return waits(tracker) or (type(tracker) in LAZY and not tracker.is_realized())


def _within(tx: Any, known: Any, holding: tuple[Any, ...] = ()) -> Iterator[Any]:
    """The containers in one, itself among them; one that holds itself once."""
    if type(known) in _CONTAINERS and not _is_in(known, holding):
        yield known
        for part in _parts(known):
            yield from _within(tx, _known(tx, part), (*holding, known))


def _is_in(known: Any, holding: tuple[Any, ...]) -> bool:
    return any(each is known for each in holding)


def _parts(known: Any) -> list[Any]:
    return [*known.items.values()] if type(known) is ConstDictVariable else [*known.items]


def _may_change(tx: Any, known: Any) -> bool:
    """Whether something that is no container of these may be another at the end, or was before."""
    if known.is_tensor():
        return False  # as torch takes it where a text is of a tensor alone
    made = known.source is None and known.mutation_type is not None
    return made or tx.output.side_effects.is_modified(known)


def _text_of(tx: Any, tracker: VariableTracker) -> VariableTracker | None:
    """Its text, with what is in it now; None if that may change until it has a text."""
    args: list[VariableTracker] = []
    template = _template(tx, tracker, args)
    for each in _within(tx, tracker.unwrap()):
        if type(each) is ConstDictVariable and each.source is not None:
            tx.output.guard_on_key_order.add(each.source)
            each.install_dict_keys_match_guard()
    return None if template is None else StringFormatVariable(template, args, {})


def _template(
    tx: Any, tracker: Any, args: list[VariableTracker], holding: tuple[Any, ...] = ()
) -> str | None:
    # what is not built yet is read at the end, as it was before the call
    if _is_unbuilt(tracker):
        args.append(tracker)
        return "{!r}"
    known = tracker.realize()
    cls = type(known)
    if _is_in(known, holding):
        return None
    holding = (*holding, known)
    if cls is ConstDictVariable:
        keys = [_template(tx, key.vt, args) for key in known.items]
        parts: list[Any] = []
        for key, item in zip(keys, known.items.values(), strict=True):
            value = _template(tx, item, args, holding)
            parts.append(None if None in (key, value) else f"{key}: {value}")
        shape = ("{{", "}}", "")
    elif cls in _CONTAINERS:
        parts = [_template(tx, item, args, holding) for item in known.items]
        shape = ("[", "]", "") if cls is ListVariable else ("(", ")", "," * (len(parts) == 1))
    elif known.is_python_constant():
        return repr(known.as_python_constant()).replace("{", "{{").replace("}", "}}")
    elif _may_change(tx, known):
        return None
    else:
        args.append(known)
        return "{!r}"
    return None if None in parts else f"{shape[0]}{', '.join(parts)}{shape[2]}{shape[1]}"
