"""Mapping types of other packages, what programs do with them, and how they change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import addict
import bidict
import box
import easydict
import frozendict
import immutabledict
import ml_collections
import multidict
import sortedcontainers
import torch

Items = list[tuple[Any, Any]]


def from_dict(cls: Callable[[Any], Any]) -> Callable[[Items], Any]:
    """Makes one of ``cls`` from a dict of the items."""
    return lambda items: cls(dict(items))


#: For each type, what makes a value of it from its items.
TYPES: dict[str, Callable[[Items], Any]] = {
    "immutabledict": from_dict(immutabledict.immutabledict),
    "frozendict": from_dict(frozendict.frozendict),
    "ConfigDict": from_dict(ml_collections.ConfigDict),
    "FrozenConfigDict": from_dict(ml_collections.FrozenConfigDict),
    "EasyDict": from_dict(easydict.EasyDict),
    "addict": from_dict(addict.Dict),
    "bidict": from_dict(bidict.bidict),
    "SortedDict": from_dict(sortedcontainers.SortedDict),
    "MultiDict": multidict.MultiDict,
    "CIMultiDict": multidict.CIMultiDict,
    "Box": from_dict(box.Box),
}

#: The types whose values can change in place.
CHANGEABLE = (
    "ConfigDict",
    "EasyDict",
    "addict",
    "bidict",
    "SortedDict",
    "MultiDict",
    "CIMultiDict",
    "Box",
)

#: The items at each call: at first, another value, one more, another order, others.
STATES: list[Items] = [
    [("scale", 2), ("shift", 3)],
    [("scale", 2), ("shift", 4)],
    [("scale", 2), ("shift", 4), ("extra", 1)],
    [("shift", 4), ("extra", 1), ("scale", 2)],
    [("scale", 5), ("absent", 1)],
]


def change(value: Any, items: Items) -> None:
    """Make ``items`` those of a value that can change, in their order."""
    for key in list(value.keys()):
        del value[key]
    for key, item in items:
        value[key] = item


def with_defaults(scale: Any = 0, shift: Any = 0, extra: Any = 0, absent: Any = 0) -> Any:
    return scale + 10 * shift + 100 * extra + 1000 * absent


def collected(**named: Any) -> Any:
    return list(named.items())


def caught(d: Any) -> Any:
    try:
        return d["absent"]
    except KeyError:
        return -1


def caught_attribute(d: Any) -> Any:
    try:
        return d.scale
    except AttributeError:
        return -1


def matched(d: Any) -> Any:
    match d:
        case {"scale": scale, "extra": extra}:
            return scale, extra
        case {"scale": scale, **rest}:
            return scale, len(rest)
    return None


def updated(d: Any) -> Any:
    result = {"before": 0, "scale": 1}
    result.update(d)
    return list(result.items())


def updated_in_place(d: Any) -> Any:
    result = {"before": 0, "scale": 1}
    result |= d
    return list(result.items())


def looped(d: Any) -> Any:
    found = []
    for key in d:
        found.append((key, d[key]))
    return found


#: What a program may do with a mapping.
USES: dict[str, Callable[[Any], Any]] = {
    "carried": lambda d: [d, d is None, isinstance(d, Mapping), type(d).__name__],
    "item": lambda d: d["scale"],
    "**": lambda d: with_defaults(**d),
    "** collected": lambda d: collected(**d),
    "{**}": lambda d: list({"before": 0, **d}.items()),
    "dict": lambda d: list(dict(d).items()),
    "dict and more": lambda d: list(dict(d, more=1).items()),
    "dict(**)": lambda d: list(dict(**d).items()),
    "update": updated,
    "|": lambda d: list((d | {"more": 7}).items()),
    "reflected |": lambda d: list(({"before": 0} | d).items()),
    "|=": updated_in_place,
    "items": lambda d: [*d.items()],
    "keys": lambda d: [list(d.keys()), len(d.keys())],
    "key in keys": lambda d: "scale" in d.keys(),  # noqa: SIM118
    "values": lambda d: list(d.values()),
    "sum": lambda d: sum(d.values()),
    "iteration": looped,
    "list": list,
    "tuple": tuple,
    "sorted": sorted,
    "comprehension": lambda d: {key: item + 1 for key, item in d.items()},
    "in": lambda d: ["scale" in d, "absent" in d, "shift" not in d],
    "get": lambda d: [d.get("scale"), d.get("absent"), d.get("absent", 7)],
    "missing": caught,
    "len": lambda d: [len(d), bool(d)],
    "attribute": caught_attribute,
    "match": matched,
    "text": lambda d: [repr(d), f"{d}"],
    "==": lambda d: [d == {"scale": 2, "shift": 3}, d != {"scale": 2, "shift": 3}],
}


def program(use: Callable[[Any], Any]) -> Callable[[torch.Tensor, Any], Any]:
    """A program that does that, and something with a tensor."""
    return lambda x, d: (x + 1, use(d))
