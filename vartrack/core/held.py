"""`Held`: what an object stores, to be put back if what should only look at it has changed it."""

from __future__ import annotations

from typing import Any

__all__ = ["Held"]

_PLAIN = (bool, int, float, complex, str, bytes)
_GONE = object()


class Held:
    """The attributes that ``value`` stores now.

    What was not there, or None, may be filled: that is how a cache begins.

    Args:
        value: any object. No code of its class is run.
    """

    __slots__ = ("_before", "_stored")

    def __init__(self, value: Any) -> None:
        self._stored: dict[str, Any] = {}
        if type(value).__dictoffset__:
            stored = object.__getattribute__(value, "__dict__")
            if type(stored) is dict:
                self._stored = stored
        self._before = dict(self._stored)

    def put_back(self) -> str:
        """Give the value back what it stored.

        Returns:
            the name of an attribute that was another one, "" if none was.
        """
        changed = ""
        for name, before in self._before.items():
            now = self._stored.get(name, _GONE)
            if now is before or before is None or _is_equal(now, before):
                continue
            self._stored[name] = before
            changed = changed or name
        return changed


def _is_equal(now: Any, before: Any) -> bool:
    return type(now) is type(before) and type(now) in _PLAIN and bool(now == before)
