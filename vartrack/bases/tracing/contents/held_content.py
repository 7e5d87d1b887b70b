"""`HeldContent`: what a value holds, to be put back if evaluating it has changed that."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from vartrack.core.guarding.keys import same
from vartrack.core.user_code.stored import Items, attributes, put, take_away

__all__ = ["HeldContent"]

_NOTHING = object()
#: Containers whose items are put back, as others may hold the very container.
_CONTAINERS = (list, dict, set)


class HeldContent:
    """What ``value`` stores now, and the items of the lists, dicts and sets among it.

    Args:
        value: the value.
        key: tells whether it has changed.
    """

    __slots__ = ("_before", "_items", "_key", "_told", "_value")

    def __init__(self, value: Any, key: Callable[[Any], Any]) -> None:
        self._value, self._key = value, key
        self._before = attributes(value)
        parts = {name: part for name, part in self._before.items() if type(part) in _CONTAINERS}
        self._items = {name: Items(part) for name, part in parts.items()}
        self._told = self._ask()

    def put_back(self) -> str:
        """Give the value back what it stored.

        Returns:
            what of it was another, in words, "" if nothing was. An attribute that was not there, or
            None, may have been filled: a cache is filled again by the next call.
        """
        if same(self._ask(), self._told):
            return ""
        names = sorted(self._before.keys() | attributes(self._value).keys())
        changed = [name for name in names if self._restore(name)]
        return f"attribute {changed[0]!r}" if changed else ""

    def _ask(self) -> Any:
        try:
            return self._key(self._value)
        except Exception:
            return None  # then nothing depends on it

    def _restore(self, name: str) -> bool:
        """Put back one attribute; whether it was changed, and not filled."""
        before = self._before.get(name, _NOTHING)
        now = attributes(self._value).get(name, _NOTHING)
        if now is not before:
            with contextlib.suppress(Exception):  # what C keeps may refuse to be written
                if before is _NOTHING:
                    take_away(self._value, name)
                else:
                    put(self._value, name, before)
            return before is not _NOTHING and before is not None
        items = self._items.get(name)
        return items is not None and items.put_back()
