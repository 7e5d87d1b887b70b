"""How an object is reached: from a variable, through what objects hold in their ``__dict__``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from torch._dynamo.source import (
    AttrSource,
    DictGetItemSource,
    GetItemSource,
    GlobalSource,
    LocalSource,
    SkipGuardSource,
    UnspecializedNNModuleSource,
)
from torch._guards import Source

__all__ = ["Step", "Way", "dict_of", "follow", "way_of"]

_DICT = "__dict__"
_KEYS = (int, str)

#: The name of an entry; or that of a dict, and the key of an item in it.
Step: TypeAlias = "tuple[str] | tuple[str, str]"
#: Where it begins, and the steps from there.
Way: TypeAlias = "tuple[Source, tuple[Step, ...]]"
#: What says that something is a module, or need not be guarded.
_SAYING = (UnspecializedNNModuleSource, SkipGuardSource)
#: What is read where a way begins, as Python reads it.
_READ = (LocalSource, GlobalSource, AttrSource, GetItemSource, DictGetItemSource)


def way_of(source: Source) -> Way | None:
    """How the object at ``source`` is reached; None if something else has to be asked for that."""
    steps: list[Step] = []
    at = _itself(source)
    while (found := _step_to(at)) is not None:
        base, step = found
        steps.append(step)
        at = _itself(base)
    return (at, tuple(reversed(steps))) if _is_read(at) else None


def _step_to(source: Source) -> tuple[Source, Step] | None:
    """The object whose dict leads to ``source``, and how."""
    entry = _entry(source)
    if entry is not None:
        return entry[0], entry[1:]
    entry = _entry(_itself(source.base)) if _has_key(source) else None
    return None if entry is None else (entry[0], (entry[1], source.index))


def _entry(source: Source) -> tuple[Source, str] | None:
    """The object whose ``__dict__`` has what is at ``source``, and its name there."""
    if type(source) is AttrSource and source.member != _DICT:
        return source.base, source.member
    if _has_key(source):
        base = _itself(source.base)
        if type(base) is AttrSource and base.member == _DICT:
            return base.base, source.index
    return None


def _has_key(source: Source) -> bool:
    return type(source) is DictGetItemSource and type(source.index) is str


def _is_read(source: Source) -> bool:
    at: Source | None = source
    while at is not None:
        at = _itself(at)
        if type(at) not in _READ or type(getattr(at, "index", "")) not in _KEYS:
            return False
        at = getattr(at, "base", None)
    return True


def follow(value: Any, steps: Iterable[Step]) -> Any:
    """What ``steps`` lead to from ``value`` now.

    Raises:
        KeyError: they lead nowhere.
        TypeError: an object on the way has no dict, or what should be a dict is none.
    """
    for step in steps:
        value = dict_of(value)[step[0]]
        if len(step) > 1:
            value = dict.__getitem__(value, step[1])
    return value


def _itself(source: Source) -> Source:
    """``source`` without what says more of it than where it is."""
    while isinstance(source, _SAYING):
        source = source.base
    return source


def dict_of(one: Any) -> Any:
    """The dict that holds the attributes of ``one``; None if there is none."""
    try:
        return object.__getattribute__(one, "__dict__")
    except AttributeError:
        return None
