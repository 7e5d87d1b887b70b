"""Where values stand in a compile of which something is declared, and what follows for a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo import source as sources
from torch._dynamo.source import AttrSource, DictGetItemSource, NNModuleSource, TypeSource
from torch._guards import Source

from vartrack.core.sources.worked_out import WorkedOutSource

if TYPE_CHECKING:
    from vartrack.core.compile import Compile

__all__ = ["DYNAMIC", "FROZEN", "frozen_objects", "frozen_place", "is_declared_dynamic"]

#: Under what a compile keeps them: from the name of a source to the attributes that change, and
#: the sources of objects that never do.
DYNAMIC, FROZEN = "attributes that change", "objects that never change"

#: What leads from an object to its class, which is no part of it.
_TO_CLASS = tuple(
    getattr(sources, name)
    for name in ("TypeSource", "TypeDictSource", "TypeMROSource")
    if hasattr(sources, name)
) or (TypeSource,)


def _chain(source: Any) -> Iterator[Any]:
    while source is not None:
        yield source
        source = getattr(source, "base", None)


def is_declared_dynamic(compile: Compile, source: Any) -> bool:
    """Whether what is at ``source`` is an attribute that is declared to change, or made of one."""
    places = compile.notes.get(DYNAMIC)
    if not places:
        return False
    if isinstance(source, WorkedOutSource):
        return any(is_declared_dynamic(compile, each) for each in source.operands)
    if isinstance(source, AttrSource):
        return source.member in places.get(source.base.name, ())
    if not isinstance(source, DictGetItemSource):
        return False
    # what the class of an object holds for it
    objects = (one.base for one in _chain(source.base) if isinstance(one, _TO_CLASS))
    return any(source.index in places.get(each.name, ()) for each in objects)


def frozen_place(compile: Compile, source: Source | None) -> Source | None:
    """The place of the frozen object that ``source`` is, or is a part of; None if there is none.

    The class of an object is no part of it, nor is what is in a module that it holds. All of a
    module that was declared itself is, its submodules too. What is worked out is, if all is that
    it is worked out of.
    """
    places = compile.notes.get(FROZEN)
    if not places:
        return None
    before: Any = None
    in_module = False
    for one in _chain(source):
        if isinstance(one, WorkedOutSource) and not _is_of_frozen(compile, one):
            return None
        if one in places:
            is_module = isinstance(before, NNModuleSource)
            return one if is_module or not in_module else None
        if isinstance(one, _TO_CLASS):
            return None
        in_module |= isinstance(one, NNModuleSource)
        before = one
    return None


def frozen_objects(compile: Compile, source: Source | None) -> list[Source]:
    """Where the frozen objects are that ``source`` is a part of; nothing if it is of none.

    Of one that is in another, that other.
    """
    place = frozen_place(compile, source)
    if place is None:
        return []
    found = frozen_objects(compile, getattr(place, "base", None)) or [place]
    for one in _chain(source):
        if isinstance(one, WorkedOutSource):
            for each in one.operands:
                found += frozen_objects(compile, each) if isinstance(each, Source) else ()
    return found


def _is_of_frozen(compile: Compile, place: WorkedOutSource) -> bool:
    """Whether all that something is worked out of is a part of frozen objects."""
    sources = (each for each in place.operands if isinstance(each, Source))
    return all(frozen_place(compile, each) is not None for each in sources)
