"""Whether two things are the same in type and content, as far as Python code can tell."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, MappingView, Set
from typing import Any

import numpy as np
import torch

from vartrack.core.guarding.keys import same
from vartrack.core.texts.wording import told, without_addresses
from vartrack.core.user_code.interrupts import RAISED

__all__ = ["alike", "has_text", "inherits", "kept", "print_differently", "texts_of"]


def kept(value: Any) -> Any:
    """What ``value`` is now, whatever is done to it later; itself if it cannot be copied."""
    try:
        return copy.deepcopy(value)
    except RAISED:
        return value


def alike(one: Any, other: Any, by_text: bool = True) -> bool:
    """Whether two things are the same in type and content.

    Args:
        one: the one.
        other: the other.
        by_text: whether equal things with texts of their own that differ are not the same.
    """
    try:
        return _alike(one, other, by_text, frozenset())
    except RAISED:
        return False  # a mapping that a trial has changed may no longer give its items


def _alike(one: Any, other: Any, by_text: bool, within: frozenset[tuple[int, int]]) -> bool:
    """`alike`, of things that are held by the pairs ``within``, which are being compared."""
    if one is other:
        return True
    cls = type(one)
    if cls is not type(other):
        return False
    pair = (id(one), id(other))
    if pair in within:
        return True  # if they differ, that is found elsewhere
    parts_alike = functools.partial(_alike, by_text=by_text, within=within | {pair})
    for kind, compare in _BY_KIND:
        if isinstance(one, kind):
            return compare(one, other, parts_alike)
    if inherits(cls, "__eq__"):
        return hasattr(one, "__dict__") and parts_alike(vars(one), vars(other))
    if not _equal(one, other):
        return False
    return not by_text or not has_text(cls) or texts_of(one) == texts_of(other)


def _tensors(one: Any, other: Any, parts_alike: Callable[[Any, Any], bool]) -> bool:
    try:
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    except AssertionError:
        return False
    return True


def _arrays(one: Any, other: Any, parts_alike: Callable[[Any, Any], bool]) -> bool:
    about = (one.dtype, one.shape) == (other.dtype, other.shape)
    return about and parts_alike(one.tolist(), other.tolist())


def _sequences(one: Any, other: Any, parts_alike: Callable[[Any, Any], bool]) -> bool:
    return len(one) == len(other) and all(map(parts_alike, one, other))


def _mappings(one: Any, other: Any, parts_alike: Callable[[Any, Any], bool]) -> bool:
    return parts_alike(list(one.items()), list(other.items()))


def _views(one: Any, other: Any, parts_alike: Callable[[Any, Any], bool]) -> bool:
    """By their mappings, which may not be able to give their items."""
    if hasattr(one, "_mapping"):
        return parts_alike(one._mapping, other._mapping)
    return (_sets if isinstance(one, Set) else _sequences)(one, other, parts_alike)


def _sets(one: Any, other: Any, parts_alike: Callable[[Any, Any], bool]) -> bool:
    return len(one) == len(other) and all(any(parts_alike(a, b) for b in other) for a in one)


#: How two of a kind are compared by their parts; the first kind that one is of counts.
_BY_KIND: tuple[tuple[Any, Callable[[Any, Any, Callable[[Any, Any], bool]], bool]], ...] = (
    (torch.Tensor, _tensors),
    (np.ndarray, _arrays),
    ((list, tuple), _sequences),
    (Mapping, _mappings),
    (MappingView, _views),
    (Set, _sets),
)


def inherits(cls: type, method: str) -> bool:
    """Whether ``cls`` leaves ``method`` as ``object`` has it."""
    return getattr(cls, method) is getattr(object, method)


def _equal(one: Any, other: Any) -> bool:
    try:
        return same(one, other)
    except RAISED:
        return texts_of(one) == texts_of(other)


def print_differently(one: Any, other: Any) -> bool:
    """Whether two values have different texts, wherever in memory they are."""
    return texts_of(one) != texts_of(other)


def has_text(cls: type) -> bool:
    """Whether values of ``cls`` have a text of their own, by ``repr`` or by ``str``."""
    return not (inherits(cls, "__repr__") and inherits(cls, "__str__"))


def texts_of(value: Any) -> tuple[str, str]:
    """What ``value`` prints, by ``repr`` and by ``str``, wherever in memory it is."""
    return _text(value, repr), _text(value, str)


def _text(value: Any, by: Callable[[Any], str]) -> str:
    try:
        return without_addresses(by(value))
    except RAISED as error:
        return f"no text: {told(error)}"
