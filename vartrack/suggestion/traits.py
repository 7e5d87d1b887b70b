"""What can be seen of a value: whether it changes, what it holds, what it fills when read."""

from __future__ import annotations

import contextlib
import enum
import functools
import inspect
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from vartrack.bases import content_key
from vartrack.core.user_code.interrupts import RAISED
from vartrack.suggestion.others import is_pure
from vartrack.trials.changing import copied
from vartrack.trials.sameness import inherits
from vartrack.trials.uses import fields_in_c, is_mapping, methods_of, stored_fields, uses_of

__all__ = ["Traits", "traits_of"]


@dataclass(frozen=True)
class Traits:
    """What is known of a value.

    Attributes:
        fields: the names of what is stored in it, without caches.
        caches: the names of what is filled while it is read.
        member: whether it is a member of an enumeration.
        by_value: whether its type compares and hashes by content, as types do that never change.
        settable: whether a field or an item can be set in the usual way.
        tensors: the fields that hold a tensor.
        mapping: whether it is a mapping of another kind than dict.
        readable: whether `content_key` can read it.
        computed: uses that call its public methods and properties and leave it as it is.
    """

    fields: tuple[str, ...]
    caches: tuple[str, ...]
    member: bool
    by_value: bool
    settable: bool
    tensors: tuple[str, ...]
    mapping: bool
    readable: bool
    computed: tuple[str, ...]


def traits_of(value: Any, until: float = math.inf) -> Traits:
    """What can be found out about ``value``; it is read and called, on copies only.

    Args:
        value: the value.
        until: when to stop reading it, as `time.monotonic` counts.
    """
    cls = type(value)
    caches, computed = _looked_through(value, until)
    fields = {name: part for name, part in stored_fields(value).items() if name not in caches}
    tensors = tuple(name for name, part in fields.items() if _holds_tensor(part))
    takes_items = hasattr(cls, "__setitem__")
    return Traits(
        fields=tuple(fields),
        caches=() if isinstance(value, enum.Enum) else caches,
        member=isinstance(value, enum.Enum),
        by_value=not inherits(cls, "__eq__")
        and cls.__hash__ is not None
        and not inherits(cls, "__hash__")
        and not takes_items,
        settable=takes_items
        or any(_can_be_set(value, name) for name in dict.fromkeys((*fields, *fields_in_c(value)))),
        tensors=tensors,
        mapping=is_mapping(value) and not issubclass(cls, dict),
        readable=_is_readable(value),
        computed=computed,
    )


def _holds_tensor(part: Any) -> bool:
    if isinstance(part, (list, tuple)):
        return any(map(_holds_tensor, part))
    if isinstance(part, dict):
        return any(map(_holds_tensor, part.values()))
    return isinstance(part, (torch.Tensor, torch.nn.Module))


def _can_be_set(value: Any, name: str) -> bool:
    try:
        made = copied(value)
    except RAISED:  # so it cannot be tried, and is taken for what most are
        return inherits(type(value), "__setattr__") and name in stored_fields(value)
    try:
        setattr(made, name, getattr(made, name))
    except RAISED:
        return False
    return True


def _is_readable(value: Any) -> bool:
    try:
        hash(content_key(value))
    except RAISED:
        return False
    return True


def _looked_through(value: Any, until: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The caches of a value, and the uses that compute something and leave the rest as it is."""
    cls = type(value)
    caches = {
        name: None
        for name in dir(cls)
        if isinstance(inspect.getattr_static(cls, name), functools.cached_property)
    }
    caches.update(
        {name: None for name, part in stored_fields(value).items() if _is_kept(name, part)}
    )
    computed = []
    for text, is_method, function in _readings(value):
        if time.monotonic() > until:
            break
        try:
            made = copied(value)
        except RAISED:
            break
        before = _content(made)
        with contextlib.suppress(*RAISED):
            function(torch.zeros(1), made)
        after = _content(made)
        filled = {
            name
            for name, part in after.items()
            if before.get(name) != part and name.isidentifier() and _is_nothing(before.get(name))
        }
        kept = before.keys() <= after.keys() and all(
            before[name] == after[name] for name in before.keys() - filled
        )
        if kept:
            caches.update(dict.fromkeys(sorted(filled)))
            if is_method:
                computed.append(text)
    return tuple(caches), tuple(computed)


def _is_kept(name: str, part: Any) -> bool:
    """Whether a field is a cache by its name, such as one that other packages fill."""
    return name.startswith("_") and "cache" in name and isinstance(part, (dict, type(None)))


def _readings(value: Any) -> Iterator[tuple[str, bool, Any]]:
    """What is done with a copy of the value to see what changes."""
    for use in uses_of(value):
        yield use.text, False, use.function(value)
    for name, use in methods_of(value):
        if is_pure(name):
            yield use.text, True, use.function(value)


def _is_nothing(part: Any) -> bool:
    """Whether a key says that there was nothing, or None."""
    return part is None or part == content_key(None)


def _content(value: Any) -> dict[str, Any]:
    """The key of each stored field; fields that cannot be read are known by who they are."""
    keys: dict[str, Any] = {}
    for name, part in stored_fields(value).items():
        try:
            keys[name] = content_key(part)
        except RAISED:
            keys[name] = id(part)
    with contextlib.suppress(*RAISED):
        if not keys:
            keys["the whole"] = content_key(value)
        elif hasattr(value, "__len__"):
            keys["the items"] = content_key([*value])
    return keys
