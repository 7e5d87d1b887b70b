"""Text that reads the items of a dict as they are stored, and asks nothing of the dict's class.

An item that a `defaultdict` does not have is put into it by ``held[key]``, and the class of the
user's own runs its `__missing__` or `__getitem__`. A check must do neither: torch's do not.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import (
    ConstDictKeySource,
    DictGetItemSource,
    DictSubclassGetItemSource,
    TypeDictSource,
)
from torch._guards import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMES", "STORED", "form_of", "is_of_class", "key_of", "stored_item", "text_of"]

_ITEMS = frozenset((DictGetItemSource, DictSubclassGetItemSource))
#: Others that torch reads otherwise.
_OTHERWISE = frozenset((TypeDictSource, ConstDictKeySource))
_ABSENT = object()


def stored_item(held: Any, key: Any) -> Any:
    """What is under ``key``; of a dict what it holds there, whatever its class says.

    Raises:
        KeyError: the dict holds nothing there.
    """
    if not issubclass(type(held), dict):
        return held[key]
    found = dict.get(held, key, _ABSENT)
    if found is _ABSENT:
        raise KeyError(key)
    return found


def key_at(held: Any, number: int) -> Any:
    """The key of a dict that has this place in it.

    Raises:
        StopIteration: it has fewer keys.
    """
    return next(itertools.islice(dict.keys(held), number, None))


#: What `stored_item` is called in text, and what `key_at` is made of there.
STORED, _NEXT, _SOME, _KEYS = "__stored_item", "__next", "__islice", "__keys"
#: The names that text needs besides torch's.
NAMES: Mapping[str, Any] = {
    STORED: stored_item,
    _NEXT: next,
    _SOME: itertools.islice,
    _KEYS: dict.keys,
}


def key_of(source: Source) -> Source | str | None:
    """Where the key of an item of a dict comes from, or its text; None of any other source."""
    if type(source) not in _ITEMS:
        return None
    index = source.index  # type: ignore[attr-defined]
    return index if isinstance(index, Source) else repr(index)


def is_of_class(source: Source) -> bool:
    """Whether it is an item of the ``__dict__`` of a class, which nobody's own code gives."""
    return type(source.base) is TypeDictSource  # type: ignore[attr-defined]


def text_of(source: Source, known: dict[str, str] | None = None) -> str:
    """Text that reads ``source``, to be evaluated with `NAMES`.

    Args:
        source: the source.
        known: by the names of sources their text, to which more is added.
    """
    name = source.name
    text = None if known is None else known.get(name)
    if text is None:
        text = _text_of(source, name, known)
        if known is not None:
            known[name] = text
    return text


def form_of(source: Source) -> str:
    """The text that reads ``source``, no item of a dict, with ``{0}`` for what reads its base."""
    if type(source) is TypeDictSource:
        return "{0}.__dict__"  # torch's own text copies it
    if type(source) is ConstDictKeySource:
        # and makes a list of all keys there; none of these functions is Python's own code
        return f"{_NEXT}({_SOME}({_KEYS}({{0}}), {source.index}, None))"
    form: str = source._name_template
    return form


def _text_of(source: Source, name: str, known: dict[str, str] | None) -> str:
    base: Source | None = getattr(source, "base", None)
    if base is None:
        return name
    within = text_of(base, known)
    if type(source) in _ITEMS:
        key: Any = key_of(source)
        key = key if isinstance(key, str) else text_of(key, known)
        return f"{within}[{key}]" if is_of_class(source) else f"{STORED}({within}, {key})"
    if type(source) not in _OTHERWISE and within == base.name:
        return name
    return form_of(source).format(within)
