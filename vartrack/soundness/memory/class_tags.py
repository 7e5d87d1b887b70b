"""The version tag of a class: a number that CPython changes whenever a look-up may change."""

from __future__ import annotations

from vartrack.soundness.memory.words import KNOWN, Words, numbers_in, word_at

__all__ = ["AVAILABLE", "TAG", "place_of", "refresh", "tag_of"]

#: Where ``tp_version_tag`` lies in a class, the same in CPython 3.10 to 3.14 on 64 bits.
_OFFSET = 384
#: Which part of the word there it is; the rest of the word stays as it is.
TAG = 2**32 - 1


def place_of(cls: type) -> int:
    """The address of the tag of a class."""
    return id(cls) + _OFFSET


def tag_of(cls: type) -> int:
    """The tag of one class as it is now; 0 says nothing, and is what there is without tags."""
    return word_at(place_of(cls)) & TAG if AVAILABLE else 0


def refresh(cls: type) -> None:
    """Have CPython give ``cls`` a valid tag, if it gives out any.

    It does so when a name is looked up. No code of the user's runs: the name is one that every
    class has, and a metaclass is passed by.
    """
    type.__getattribute__(cls, "__init__")


def _works() -> bool:
    """Whether tags do here what is expected of them."""
    if not KNOWN:
        return False
    base = type("Base", (), {"__init__": lambda self: None, "x": 1})
    derived = type("Derived", (base,), {})
    tags = Words([place_of(base), place_of(derived)])

    def now() -> list[int]:
        return [word & TAG for word in numbers_in(tags.read()).tolist()]

    def refreshed() -> list[int]:
        refresh(base)
        refresh(derived)
        return now()

    first = refreshed()
    if 0 in first or first[0] == first[1] or refreshed() != first:
        return False
    base.x = 2  # type: ignore[attr-defined]
    if any(one == other for one, other in zip(now(), first, strict=True)):
        return False
    second = refreshed()
    if 0 in second or set(first) & set(second):
        return False
    derived.y = 3  # type: ignore[attr-defined]
    third = now()
    return third[0] == second[0] and third[1] != second[1]


#: Whether tags can be read here. Where they cannot, names are compared at every call.
AVAILABLE: bool = _works()
