"""The lists in ``torch.compiler.config`` that make sources dynamic, unbacked or static."""

from __future__ import annotations

import functools
import logging
import re
from typing import NamedTuple

import torch

from vartrack.compat import shared
from vartrack.compat.behaviour import LISTS_NAME_DIMENSIONS
from vartrack.core.input_errors import InputError, text

__all__ = [
    "NOTHING",
    "Listed",
    "is_dynamic_source",
    "is_dynamic_value",
    "is_static_source",
    "is_unbacked_source",
    "listed",
]

log = logging.getLogger("torch.fx.experimental.symbolic_shapes")

_ONE_DIMENSION = re.compile(r"(.+):(\d+)")


@functools.lru_cache(maxsize=64)
def _entries(listing: str) -> tuple[tuple[str, int | None], ...]:
    """The entries of a list: a pattern, and the one dimension it is for, if it names one."""
    entries: list[tuple[str, int | None]] = []
    for entry in listing.replace(" ", "").split(","):
        one = _ONE_DIMENSION.fullmatch(entry) if LISTS_NAME_DIMENSIONS else None
        if one is not None:
            entries.append((one[1], int(one[2])))
        elif entry:
            entries.append((entry, None))
    return tuple(entries)


@functools.lru_cache(maxsize=64)
def _numbers(numbers: str) -> frozenset[int]:
    found = set()
    for entry in filter(None, numbers.replace(" ", "").split(",")):
        try:
            found.add(int(entry))
        except ValueError as error:
            raise InputError(
                text(
                    f"torch.compiler.config.dynamic_values lists {entry!r}",
                    f"{error}. The setting is {numbers!r}.",
                    "List sizes as numbers with commas between them. Sources belong in "
                    "torch.compiler.config.dynamic_sources.",
                )
            ) from None
    return frozenset(found)


def _dims(kind: str, entries: str, name: str) -> tuple[int | None, ...]:
    """The dimensions of ``name`` that a list names, None standing for all of them."""
    if not entries:
        return ()
    found = tuple(only for pattern, only in _entries(entries) if _fits(pattern, name, kind))
    if found:
        log.info("%s is %s: torch.compiler.config.%s_sources lists it", name, kind, kind)
    return found


def _fits(pattern: str, name: str, kind: str) -> bool:
    try:
        return pattern == name or re.match(pattern, name) is not None
    except re.error as error:
        raise InputError(
            text(
                f"torch.compiler.config.{kind}_sources lists {pattern!r}",
                f"It is no regular expression ({error}), and not the source {name}.",
                "List sources as they are printed, or as regular expressions, with commas "
                "between them.",
            )
        ) from None


class Listed(NamedTuple):
    """What the lists say about one source, read once for all of its dimensions.

    Attributes:
        static: the dimensions that ``static_sources`` lists; None among them stands for all.
        dynamic: the same of ``dynamic_sources``.
        unbacked: the same of ``unbacked_sources``.
        values: the sizes that ``dynamic_values`` lists.
    """

    static: tuple[int | None, ...]
    dynamic: tuple[int | None, ...]
    unbacked: tuple[int | None, ...]
    values: frozenset[int]


#: What they say where the lists are empty, as they are unless somebody fills them.
NOTHING = Listed((), (), (), frozenset())


def listed(name: str) -> Listed:
    """What the lists say about the source with this name."""
    config = torch.compiler.config
    static, values = shared.static_sources(), shared.dynamic_values()
    dynamic, unbacked = config.dynamic_sources, config.unbacked_sources
    if not (static or dynamic or unbacked or values):
        return NOTHING
    return Listed(
        _dims("static", static, name),
        _dims("dynamic", dynamic, name),
        _dims("unbacked", unbacked, name),
        _numbers(values) if values else frozenset(),
    )


def _listed(kind: str, entries: str, name: str, dim: int | None = None) -> bool:
    dims = _dims(kind, entries, name)
    return bool(dims) if dim is None else dim in dims or None in dims


def is_dynamic_source(name: str, dim: int | None = None) -> bool:
    """Whether ``dynamic_sources`` lists ``name``.

    Args:
        name: the source as Python text.
        dim: a dimension; an entry for another one does not count. None asks for any.
    """
    return _listed("dynamic", torch.compiler.config.dynamic_sources, name, dim)


def is_unbacked_source(name: str) -> bool:
    """Whether ``unbacked_sources`` lists ``name``, for any dimension."""
    return _listed("unbacked", torch.compiler.config.unbacked_sources, name)


def is_static_source(name: str) -> bool:
    """Whether ``static_sources`` lists ``name``; there is such a list from torch 2.15 on."""
    return _listed("static", shared.static_sources(), name)


def is_dynamic_value(value: int) -> bool:
    """Whether ``dynamic_values`` lists the number ``value``; there is such a list from 2.13 on.

    Raises:
        TypeError: ``value`` is a bool.
    """
    numbers = shared.dynamic_values()
    if not numbers:
        return False
    if isinstance(value, bool):
        raise TypeError(f"{value} is a bool; only ints can be listed as dynamic values")
    return value in _numbers(numbers)
