"""What a `functools.lru_cache` holds now, read without a call, which would count."""

from __future__ import annotations

import functools
import gc
from typing import Any

__all__ = ["KeptResults"]

#: Of these one alone is the key itself.
_FAST = (int, str)


@functools.cache
def _nothing(**_: Any) -> None: ...


def _table_of(function: Any) -> tuple[dict[Any, Any] | None, list[Any]]:
    """The dict in which ``function`` keeps results, and all that it refers to, in order."""
    held = gc.get_referents(function)
    own = vars(function)
    found = (one for one in held if type(one) is dict and one is not own)
    # the results stand before it, and may be dicts
    return next(reversed([*found]), None), held


def _mark() -> Any:
    """What stands in a key before the arguments that are given by name."""
    _nothing(name=None)
    table, _ = _table_of(_nothing)
    return next(iter(table or [[None]]))[0]


_BY_NAME = _mark()


class KeptResults:
    """The results that a function keeps.

    Args:
        function: what `functools.lru_cache` made.
    """

    def __init__(self, function: Any) -> None:
        self.function = function
        options = function.cache_parameters()
        self.typed = bool(options["typed"])
        self.most = options["maxsize"]
        self.limited = self.most is not None
        #: Whether anything is kept.
        self.keeps = options["maxsize"] != 0
        self.table, _ = _table_of(function)

    def has(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether there is a result for these arguments."""
        return self.table is not None and self._key(args, kwargs) in self.table

    def is_full(self) -> bool:
        """Whether another result would have an older one let go."""
        return self.limited and self.table is not None and len(self.table) >= self.most

    def keys(self) -> list[Any]:
        """For what there are results; the first is let go first."""
        if not self.table:
            return []
        held, first = self._held()
        return held[first::3]

    def hits(self, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]) -> list[bool]:
        """Whether each of these calls, one after the other, finds a result. None is made."""
        keys = self.keys()
        found = []
        for args, kwargs in calls:
            key = self._key(args, kwargs)
            found.append(key in keys)
            if found[-1]:
                keys.remove(key)
            keys.append(key)
            del keys[: len(keys) - self.most]
        return found

    def get(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """That result, which must be there."""
        assert self.table is not None
        key = self._key(args, kwargs)
        if not self.limited:
            return self.table[key]
        held, first = self._held()
        known = hash(key)
        for at in range(first, len(held), 3):
            if hash(held[at]) == known and held[at] == key:
                return held[at + 1]
        raise KeyError(key)

    def _held(self) -> tuple[list[Any], int]:
        """Keys and results by threes, up to the end, and where they begin.

        What a table that is limited has shows no parts; they stand before it.
        """
        assert self.table is not None
        _, held = _table_of(self.function)
        end = next(at for at, one in enumerate(held) if one is self.table)
        return held[:end], end - 3 * len(self.table)

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self.typed and not kwargs:
            return args[0] if len(args) == 1 and type(args[0]) in _FAST else args
        key = args
        if kwargs:
            key += (_BY_NAME, *(part for pair in kwargs.items() for part in pair))
        if self.typed:
            key += (*map(type, args), *map(type, kwargs.values()))
        return key
