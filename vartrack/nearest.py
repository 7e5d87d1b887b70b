"""The registered types that are nearest to one that nobody takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest_types"]


def nearest_types(cls: type, registered: Iterable[type | str], most: int = 3) -> list[str]:
    """The names of the registered types that a visitor for ``cls`` may have been meant for.

    Those that share bases with ``cls`` come first, the more the nearer, then those with a name
    like its own.

    Args:
        cls: the type that nobody takes.
        registered: types, or names of types as ``"package.module:Name"``.
        most: how many names to give.
    """
    bases = {base for base in cls.__mro__ if base is not object}
    ranked = []
    for one in dict.fromkeys(registered):
        if one is object:
            continue
        shared = 0 if isinstance(one, str) else len(bases.intersection(one.__mro__))
        name = one.rpartition(":")[2] if isinstance(one, str) else one.__qualname__
        likeness = difflib.SequenceMatcher(
            None, cls.__name__.lower(), name.rpartition(".")[2].lower()
        ).ratio()
        if shared or likeness >= 0.6:
            text = one.replace(":", ".") if isinstance(one, str) else f"{one.__module__}.{name}"
            ranked.append((-shared, -likeness, text.removeprefix("builtins.")))
    return [name for _, _, name in sorted(ranked)[:most]]
