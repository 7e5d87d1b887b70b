"""A dict that is the ``__dict__`` of an object: torch takes the two for different things."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

from torch import nn
from torch._dynamo.exc import unimplemented
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.core.sources.collected import is_collected
from vartrack.soundness.facts.in_text import Apart
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.own_dicts.steps import dict_of
from vartrack.soundness.watchers.comparing.identity import FEW, is_part_of_module, was_changed

__all__ = ["WATCHERS"]

#: By their names the sources of values.
_Places: TypeAlias = dict[str, Any]


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: of what was changed, none must be seen by another name."""
    for dicts, objects in _to_compare(output):
        if dicts and objects:
            _compare(ledger, dicts, objects)


def _compare(ledger: Ledger, dicts: _Places, objects: _Places) -> None:
    """Note that none of ``dicts`` holds the attributes of one of ``objects``."""
    values = ledger.values_of([*dicts.values(), *objects.values()])
    count = len(dicts)
    if values is None or not any(dict_of(value) is not None for value in values[count:]):
        return
    if ledger.guards and not _apart(count, values):
        unimplemented(
            gb_type="vartrack: the dict of an object beside the object",
            context=", ".join((*dicts, *objects)),
            explanation="One of these dicts holds the attributes of one of these objects. What is "
            "done to the one torch does not see in the other.",
            hints=["Pass the object alone, and use `vars(obj)` inside of the function."],
        )
    with_dict = {
        name: isinstance(value, nn.Module)
        for name, value in zip(objects, values[count:], strict=True)
        if dict_of(value) is not None
    }
    asked = [objects[name] for name in with_dict]
    holds = _asking(count, len(asked))
    if any(with_dict.values()) and _of_no_module(values[:count]):
        asked = [objects[name] for name, is_module in with_dict.items() if not is_module]
        holds = partial(_apart_from_modules, count)
    text = f"that {', '.join(dicts)} is the dict of none of {', '.join(objects)}"
    key = ("dicts", *sorted(dicts), *sorted(objects))
    sources = [*dicts.values(), *asked]
    # what is in a dict tells whether it is one of a module
    lasting = type(holds) is Apart
    ledger.sourced.rely("identity", key, text, sources, lambda *_: holds, lasting=lasting)


def _asking(dicts: int, objects: int) -> Holds:
    """A check that holds each of some dicts against the dict of each of some objects."""
    if dicts * objects > FEW:
        return partial(_apart_from, dicts)
    owners = range(dicts, dicts + objects)
    pairs = [(one, other) for other in owners for one in range(dicts)]
    return Apart(pairs, owners, dict_of)


def _apart_from(count: int, *values: Any) -> bool:
    return _apart(count, values)


def _apart_from_modules(count: int, *values: Any) -> bool:
    """The same of dicts that belong to no module either: no module need be read."""
    return _of_no_module(values[:count]) and _apart(count, values)


def _of_no_module(dicts: Sequence[Any]) -> bool:
    """Whether none of ``dicts`` holds the attributes of a module, all of which have this one."""
    return not any(dict.__contains__(each, "_parameters") for each in dicts)


def _to_compare(output: Any) -> list[tuple[_Places, _Places]]:
    """The dicts and the objects of which one may have changed the other: sources by their names.

    Of two that did not change it does not matter whether they are one.
    """
    effects = output.side_effects
    dicts: _Places = {}
    objects: _Places = {}
    changed: set[str] = set()
    for tracker in effects.id_to_variable.values():
        is_dict = type(tracker) is ConstDictVariable
        if not is_dict and not isinstance(tracker, UserDefinedObjectVariable):
            continue
        source = tracker.source
        name = name_of(source)
        if name is None or is_part_of_module(source) or is_collected(output, source):
            continue
        (dicts if is_dict else objects)[name] = source
        if was_changed(effects, tracker):
            changed.add(name)
    of_dicts = {name: source for name, source in dicts.items() if name in changed}
    of_objects = {name: source for name, source in objects.items() if name in changed}
    unchanged = {name: source for name, source in dicts.items() if name not in changed}
    return [(of_dicts, objects), (unchanged, of_objects)]


def _apart(count: int, values: tuple[Any, ...]) -> bool:
    """Whether none of the first ``count`` values is the dict of another."""
    dicts = {id(value) for value in values[:count]}
    return dicts.isdisjoint(id(dict_of(one)) for one in values[count:])


WATCHERS: tuple[Watcher, ...] = (Watcher(OutputGraph, "compile_subgraph", "identity", _compiled),)
