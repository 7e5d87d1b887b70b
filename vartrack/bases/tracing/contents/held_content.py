"""`HeldContent`: what a value holds, to be put back if evaluating it has changed that."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

from vartrack.bases.content import stored
from vartrack.core.keys import same

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
        self._before = stored(value)
        self._items = {
            name: copy.copy(part)
            for name, part in self._before.items()
            if type(part) in _CONTAINERS
        }
        self._told = self._ask()

    def put_back(self) -> str:
        """Give the value back what it stored.

        Returns:
            the name of an attribute that was another one, "" if none was. One that was not there,
            or None, may have been filled: a cache is filled again by the next call.
        """
        if same(self._ask(), self._told):
            return ""
        names = sorted(self._before.keys() | stored(self._value).keys())
        changed = [name for name in names if self._restore(name)]
        return changed[0] if changed else ""

    def _ask(self) -> Any:
        try:
            return self._key(self._value)
        except Exception:
            return None  # then nothing depends on it

    def _restore(self, name: str) -> bool:
        """Put back one attribute; whether it was changed, and not filled."""
        before = self._before.get(name, _NOTHING)
        now = stored(self._value).get(name, _NOTHING)
        if now is not before:
            with contextlib.suppress(Exception):  # what refuses to be set has set it itself
                if before is _NOTHING:
                    object.__delattr__(self._value, name)
                else:
                    object.__setattr__(self._value, name, before)
            return before is not _NOTHING and before is not None
        items = self._items.get(name)
        if items is None or same(_listed(items), _listed(now)):
            return False
        now.clear()
        (now.extend if isinstance(now, list) else now.update)(items)
        return True


def _listed(items: Any) -> tuple[Any, ...]:
    """The keys and items, told apart by who they are."""
    return tuple(map(id, [*items, *(items.values() if isinstance(items, dict) else ())]))
