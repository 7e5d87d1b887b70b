"""The lists in ``torch.compiler.config`` that make sources dynamic, unbacked or static."""

from __future__ import annotations

import functools
import logging
import re

import torch

__all__ = [
    "is_dynamic_source",
    "is_dynamic_value",
    "is_static_source",
    "is_unbacked_source",
]

log = logging.getLogger("torch.fx.experimental.symbolic_shapes")

_ONE_DIMENSION = re.compile(r"(.+):(\d+)")


@functools.lru_cache(maxsize=64)
def _entries(text: str) -> tuple[tuple[str, int | None], ...]:
    """The entries of a list: a pattern, and the one dimension it is for, if it names one."""
    entries: list[tuple[str, int | None]] = []
    for entry in text.replace(" ", "").split(","):
        one = _ONE_DIMENSION.fullmatch(entry)
        if one is not None:
            entries.append((one[1], int(one[2])))
        elif entry:
            entries.append((entry, None))
    return tuple(entries)


@functools.lru_cache(maxsize=64)
def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(entry) for entry in text.replace(" ", "").split(",") if entry)


def _listed(kind: str, text: str, name: str, dim: int | None) -> bool:
    for pattern, only in _entries(text):
        fits = dim is None or only is None or only == dim
        if fits and (pattern == name or re.match(pattern, name)):
            log.info("%s is %s: torch.compiler.config.%s_sources lists it", name, kind, kind)
            return True
    return False


def is_dynamic_source(name: str, dim: int | None = None) -> bool:
    """Whether ``dynamic_sources`` lists ``name``.

    Args:
        name: the source as Python text.
        dim: a dimension; an entry for another one does not count. None asks for any.
    """
    text = torch.compiler.config.dynamic_sources
    return bool(text) and _listed("dynamic", text, name, dim)


def is_unbacked_source(name: str, dim: int | None = None) -> bool:
    """Whether ``unbacked_sources`` lists ``name``; see `is_dynamic_source`."""
    text = torch.compiler.config.unbacked_sources
    return bool(text) and _listed("unbacked", text, name, dim)


def is_static_source(name: str, dim: int | None = None) -> bool:
    """Whether ``static_sources`` lists ``name``; there is such a list from torch 2.15 on."""
    text = getattr(torch.compiler.config, "static_sources", "")
    return bool(text) and _listed("static", text, name, dim)


def is_dynamic_value(value: int) -> bool:
    """Whether ``dynamic_values`` lists the number ``value``.

    Raises:
        TypeError: ``value`` is a bool.
    """
    text = torch.compiler.config.dynamic_values
    if not text:
        return False
    if isinstance(value, bool):
        raise TypeError(f"{value} is a bool; only ints can be listed as dynamic values")
    return value in _numbers(text)
