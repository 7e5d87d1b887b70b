"""Another value in the place of a part: of its type, and not the same."""

from __future__ import annotations

import contextlib
import copy
import enum
import functools
import inspect
import operator
from collections.abc import Callable, Iterable
from typing import Any

from vartrack.core.texts.articles import with_article
from vartrack.core.user_code.interrupts import RAISED
from vartrack.trials.sameness import kept
from vartrack.trials.uses import stored_fields

__all__ = ["NoOther", "another", "changed_in_place", "copied", "emptied", "with_another"]


class NoOther(Exception):
    """Nobody knows another value of the type."""


def _one_more(part: Any) -> Any:
    if not part:
        raise NoOther
    return part + part[-1:]


def _another_item(part: dict[Any, Any]) -> dict[Any, Any]:
    for key, item in part.items():
        with contextlib.suppress(NoOther):
            return {**part, key: another(item)}
    raise NoOther


#: From a value to another one of its type.
_CHANGES: dict[type, Callable[[Any], Any]] = {
    bool: operator.not_,
    int: lambda part: part + 1,
    float: lambda part: part + 1,
    complex: lambda part: part + 1,
    str: lambda part: f"{part}x",
    list: _one_more,
    tuple: _one_more,
    dict: _another_item,
}


def another(part: Any) -> Any:
    """Another value of the type of ``part``.

    Raises:
        NoOther: none is known.
    """
    change = _CHANGES.get(type(part))
    if change is None:
        raise NoOther
    return change(part)


def with_another(value: Any, name: str) -> Any:
    """A copy of ``value`` with another value in the stored field ``name``.

    It is made anew as the type has it copied: one that keeps what it has worked out of its fields
    would be equal to ``value`` otherwise.

    Raises:
        NoOther: none is known, or there is one value for all.
    """
    made = copied(value)
    if made is value or not changed_in_place(made, name):
        raise NoOther
    return kept(made)


def copied(value: Any) -> Any:
    """A copy of ``value`` to try things with; itself if it never changes.

    Raises:
        TypeError: a copy is the very object, as of one of which there is one only, and could be
            changed.
    """
    made = copy.deepcopy(value)
    if made is value and stored_fields(value) and not isinstance(value, enum.Enum):
        raise TypeError(f"{with_article(type(value))} is not copied")
    return made


def changed_in_place(value: Any, name: str) -> bool:
    """Give the stored field ``name`` of ``value`` another value; whether that could be done."""
    try:
        other = another(stored_fields(value)[name])
    except NoOther:
        return False
    try:
        setattr(value, name, other)
    except RAISED:  # it is frozen in Python
        object.__setattr__(value, name, other)
    return True


def emptied(value: Any, original: Any, caches: Iterable[str]) -> None:
    """Empty the attributes of ``value`` that are filled when it is read, as it has changed.

    Args:
        value: a copy of ``original`` that was changed and read.
        original: the value.
        caches: the names of the attributes.
    """
    cls, before = type(value), stored_fields(original)
    for name in caches:
        own = isinstance(inspect.getattr_static(cls, name, None), functools.cached_property)
        if name in before and not own:
            object.__setattr__(value, name, kept(before[name]))
        elif name in stored_fields(value):
            object.__delattr__(value, name)
