"""A dict that is the ``__dict__`` of an object: torch takes the two for different things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.watchers.comparing.identity import is_part_of_module, was_changed

__all__ = ["WATCHERS"]


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: of what was changed, none must be seen by another name."""
    dicts, objects = _to_compare(output.side_effects)
    if not dicts or not objects:
        return
    sources = [*dicts.values(), *objects.values()]
    values = ledger.values_of(sources)
    if values is None:
        return
    count = len(dicts)
    if ledger.guards and not _apart(count, values):
        unimplemented(
            gb_type="vartrack: the dict of an object beside the object",
            context=", ".join((*dicts, *objects)),
            explanation="One of these dicts holds the attributes of one of these objects. What is "
            "done to the one torch does not see in the other.",
            hints=["Pass the object alone, and use `vars(obj)` inside of the function."],
        )
    text = f"that {', '.join(dicts)} is the dict of none of {', '.join(objects)}"
    key = ("dicts", *sorted(dicts), *sorted(objects))

    def make(*values: Any) -> Holds:
        return lambda *values: _apart(count, values)

    ledger.sourced.rely("identity", key, text, sources, make)


def _to_compare(effects: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The dicts and the objects of which one may have changed the other: sources by their names.

    Of two that did not change it does not matter whether they are one.
    """
    dicts: dict[str, Any] = {}
    objects: dict[str, Any] = {}
    changed: set[str] = set()
    for tracker in effects.id_to_variable.values():
        is_dict = type(tracker) is ConstDictVariable
        if not is_dict and not isinstance(tracker, UserDefinedObjectVariable):
            continue
        name = name_of(tracker.source)
        if name is not None and not is_part_of_module(tracker.source):
            (dicts if is_dict else objects)[name] = tracker.source
            if was_changed(effects, tracker):
                changed.add(name)
    if changed.isdisjoint(objects):
        dicts = {name: source for name, source in dicts.items() if name in changed}
    elif changed.isdisjoint(dicts):
        objects = {name: source for name, source in objects.items() if name in changed}
    return dicts, objects


def _apart(count: int, values: tuple[Any, ...]) -> bool:
    """Whether none of the first ``count`` values is the dict of another."""
    dicts = {id(value) for value in values[:count]}
    return dicts.isdisjoint(map(id, _dicts_of(values[count:])))


def _dicts_of(objects: tuple[Any, ...]) -> Iterator[Any]:
    for one in objects:
        try:
            yield object.__getattribute__(one, "__dict__")
        except AttributeError:
            continue


WATCHERS: tuple[Watcher, ...] = (Watcher(OutputGraph, "compile_subgraph", "identity", _compiled),)
