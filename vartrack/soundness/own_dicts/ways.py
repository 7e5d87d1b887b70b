"""How an object is reached from another one, of which more than that is read at each call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from torch._dynamo.source import (
    AttrSource,
    ClosureSource,
    ConstDictKeySource,
    DictGetItemSource,
    DictSubclassGetItemSource,
    GetItemSource,
    GlobalSource,
    LocalSource,
    SkipGuardSource,
    TypeDictSource,
    TypeMROSource,
    TypeSource,
    UnspecializedNNModuleSource,
)
from torch._guards import Source

from vartrack.soundness.own_dicts.steps import (
    ANNOTATIONS,
    CLASS,
    NAMES,
    Step,
    base,
    cell,
    entry,
    item,
    item_at,
)

__all__ = ["LEADS_NOWHERE", "Way", "follow", "way_of"]

#: Where it begins, and the steps from there.
Way: TypeAlias = "tuple[Source, tuple[Step, ...]]"
#: What says that something is a module, or need not be guarded.
_SAYING = (UnspecializedNNModuleSource, SkipGuardSource)
_ITEMS = (DictGetItemSource, DictSubclassGetItemSource)
#: What is read where a way begins, as Python reads it.
_READ = (LocalSource, GlobalSource, AttrSource, GetItemSource)
_KEYS = (str, int)
_DICT = "__dict__"
#: What is no entry of an object's own dict.
_OF_ALL: dict[str, Step] = {_DICT: NAMES, "__class__": CLASS, "__annotations__": ANNOTATIONS}
_CONTENT = "cell_contents"
#: What is raised by a step that cannot be taken.
LEADS_NOWHERE = (LookupError, TypeError, StopIteration, AttributeError, ValueError)


def way_of(source: Source) -> Way | None:
    """How the object at ``source`` is reached; None if something else has to be asked for that."""
    steps: list[Step] = []
    at = _itself(source)
    while (found := _step_to(at)) is not None:
        before, step = found
        steps.append(step)
        at = _itself(before)
    return (at, tuple(reversed(steps))) if _is_read(at) else None


def _step_to(source: Any) -> tuple[Source, Step] | None:
    """What is one step before ``source``, and the step."""
    kind = type(source)
    member = getattr(source, "member", "")
    if member == _CONTENT and (in_cell := _step_to_cell(source.base)):
        return in_cell
    if kind is AttrSource:
        return source.base, _OF_ALL.get(member) or entry(member)
    if kind is TypeSource:
        return source.base, CLASS
    if kind in _ITEMS:
        return _step_to_item(_itself(source.base), source.index)
    if kind is GetItemSource and type(source.base) is TypeMROSource:
        return source.base.base, base(source.index)
    return None


def _step_to_cell(cell_of: Any) -> tuple[Source, Step] | None:
    """The step to what the cell at a source holds, from its function."""
    held: Any = getattr(cell_of, "base", None)
    if type(cell_of) is not GetItemSource or type(cell_of.index) is not int:
        return None
    is_closure = type(held) is ClosureSource or getattr(held, "member", None) == "__closure__"
    return (held.base, cell(cell_of.index)) if is_closure else None


def _step_to_item(held: Any, key: Any) -> tuple[Source, Step] | None:
    if type(key) in _KEYS:
        holds_names = type(held) is AttrSource and held.member == _DICT
        if holds_names or type(held) is TypeDictSource:
            return held.base, entry(key)
        return held, item(key)
    if type(key) is ConstDictKeySource and key.base.name == held.name:
        return held, item_at(key.index)
    return None


def _is_read(source: Source) -> bool:
    at: Source | None = source
    while at is not None:
        at = _itself(at)
        if type(at) not in _READ or type(getattr(at, "index", 0)) is not int:
            return False
        at = getattr(at, "base", None)
    return True


def follow(value: Any, steps: Iterable[Step]) -> Any:
    """What ``steps`` lead to from ``value`` now.

    Raises:
        LookupError: there is nothing where one of them should lead, or StopIteration.
        TypeError: it leads from something else than it should, or AttributeError.
        ValueError: a cell is empty.
    """
    for step in steps:
        value = step.of(value)
    return value


def _itself(source: Source) -> Source:
    """``source`` without what says more of it than where it is."""
    while isinstance(source, _SAYING):
        source = source.base
    return source
