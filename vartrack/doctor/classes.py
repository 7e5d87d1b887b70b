"""How torch's classes are made: what they are derived from, and the fields of its dataclasses.

Of the classes that vartrack names, and of those of torch that they are derived from. A class is
known by its name alone, as it may lie in another module on another release.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from vartrack.doctor.findings import Place
from vartrack.doctor.names import check_found, look_up
from vartrack.doctor.own_code import modules

__all__ = ["bases", "fields"]

#: Where trackers and sources begin: vartrack asks whether something is one of a kind.
_ROOTS = (
    ("torch._dynamo.variables.base", "VariableTracker"),
    ("torch._guards", "Source"),
)


def bases() -> dict[str, tuple[str, Place]]:
    """For each tracker and source of torch's what it is derived from, and who names it.

    A tracker that comes to be one of another kind takes another way wherever the kind is asked.
    """
    roots = tuple(filter(None, (_class_at(*root) for root in _ROOTS)))
    return _told(_bases_of, lambda cls: issubclass(cls, roots))


def fields() -> dict[str, tuple[str, Place]]:
    """For each dataclass of torch's its own fields, in order, and who names it.

    A field that is called otherwise may go by a name that torch defines elsewhere as well.
    """
    return _told(_fields_of, lambda cls: "__dataclass_fields__" in vars(cls))


def _told(tell: Callable[[type], str], wanted: Callable[[type], bool]) -> dict[str, Any]:
    return {
        cls.__qualname__: (tell(cls), place)
        for cls, place in sorted(_classes().items(), key=lambda pair: pair[0].__qualname__)
        if wanted(cls)
    }


def _bases_of(cls: type) -> str:
    return ", ".join(base.__name__ for base in cls.__bases__)


def _fields_of(cls: type) -> str:
    own = inspect.get_annotations(cls)
    return ", ".join(one.name for one in dataclasses.fields(cls) if one.name in own)  # type: ignore[arg-type]


@functools.cache
def _classes() -> dict[type, Place]:
    """Torch's classes, and the first line that names each or one that is derived from it."""
    found: dict[type, Place] = {}
    for named, place in _named():
        if isinstance(named, type):
            for cls in named.__mro__:
                if cls.__module__.partition(".")[0] == "torch":
                    found.setdefault(cls, place)
    return found


def _named() -> Iterator[tuple[Any, Place]]:
    """What vartrack names of torch, as it is now."""
    for module in modules():
        for use in module.uses:
            yield _class_at(use.module, *use.path), use.place
    for _, where, place in check_found():
        home, _, name = where.partition(":")
        yield _class_at(f"torch.{home}", name) if where else None, place


def _class_at(module: str, *path: str) -> Any:
    """What is there; None if nothing is, which is said elsewhere."""
    try:
        return look_up(module, path)
    except LookupError:
        return None
