"""What to give as ``key``: something cheap that tells values apart which behave differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vartrack.bases import content_key
from vartrack.core.guarding.keys import same
from vartrack.core.user_code.interrupts import RAISED
from vartrack.suggestion.traits import Traits
from vartrack.trials.sameness import has_text, inherits, kept, texts_of
from vartrack.trials.uses import is_written, stored_fields

__all__ = ["Key", "key_of_fields", "key_that_tells_apart"]


@dataclass(frozen=True)
class Key:
    """A key, as a function and as text.

    Attributes:
        function: from a value to its key.
        text: what stands after ``key =``, or the expression that a method ``key`` returns.
        method: whether it is the latter.
        comment: why it is as it is; "" if that is plain.
    """

    function: Callable[[Any], Any]
    text: str
    method: bool = False
    comment: str = ""


def key_that_tells_apart(values: Sequence[Any], traits: Traits) -> Key | None:
    """A key by which two of ``values`` are the same if they are equal and print the same.

    Texts come first, if the type has texts of its own, then the fields. Of the texts the shorter
    one, if all of it is in the other: else that tells more, such as which time zone it is.
    None if there is no such key.
    """
    cls = type(values[0])
    candidates: list[Key | None] = []
    if has_text(cls):
        candidates.append(Key(str, "str"))
    if not inherits(cls, "__repr__"):
        whole = all(str(value) in repr(value) for value in values)
        candidates.insert(len(candidates) if whole else 0, Key(repr, "repr"))
    candidates.append(key_of_fields(values[0], traits))
    return next((key for key in candidates if key and _tells_apart(key.function, values)), None)


def _tells_apart(key: Callable[[Any], Any], values: Sequence[Any]) -> bool:
    """Whether the key is usable and says of values that they are the same if they are."""
    try:
        shown = [_look(value) for value in values]
        keys = [key(value) for value in values]
        if any(not same(one, key(kept(value))) for one, value in zip(keys, values, strict=True)):
            return False
        [hash(one) for one in keys]
        pairs = [(i, j) for i in range(len(keys)) for j in range(i)]
        return all(
            same(keys[i], keys[j]) == (shown[i] == shown[j] and not _differ(values[i], values[j]))
            for i, j in pairs
        )
    except RAISED:
        return False


def _differ(one: Any, other: Any) -> bool:
    """Whether two values say that they are not equal, though they may print the same."""
    return not inherits(type(one), "__eq__") and not bool(one == other)


def _look(value: Any) -> Any:
    return texts_of(value) if has_text(type(value)) else content_key(value)


def key_of_fields(value: Any, traits: Traits) -> Key | None:
    """A key of what is stored in the value, without its caches; None if that cannot be read."""
    names = [name for name in traits.fields if not _is_private_to_class(name)]
    if not names or names != list(traits.fields) or not all(map(is_written, names)):
        return None
    stored = stored_fields(value)
    parts = ", ".join(f"value.{name}" for name in names) + ("," if len(names) == 1 else "")
    plain = all(type(stored[name]) in (int, str, bytes, type(None)) for name in names)
    text = f"({parts})" if plain else f"vartrack.content_key(({parts}))"
    comment = ""
    if traits.caches:
        comment = f"without {', '.join(traits.caches)}, which reading the value fills"

    def key(value: Any) -> Any:
        held = tuple(getattr(value, name) for name in names)
        return held if plain else content_key(held)

    return Key(key, text, True, comment)


def _is_private_to_class(name: str) -> bool:
    """Whether ``value.name`` means another name outside the class."""
    return name.startswith("__") and not name.endswith("__")
