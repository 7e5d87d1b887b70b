"""Values in messages: what they show of themselves, without where in memory they are."""

from __future__ import annotations

import re
import reprlib
from typing import Any

__all__ = ["briefly", "told", "without_addresses", "worded"]

#: As Python's own texts of objects have it: ``<Thing object at 0x7f3c...>``.
_ADDRESS = re.compile(r"( at)? 0x[0-9a-f]{4,}(?=[>\s,;:)\]}]|$)", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """``text`` with the addresses left out that a default ``repr`` shows.

    >>> without_addresses("<Thing object at 0x7f3c5a2b1d90>")
    '<Thing object>'
    """
    return _ADDRESS.sub("", text)


def worded(value: Any, most: int = 200) -> str:
    """``value`` for a message: its ``repr``, cut short and without addresses.

    Args:
        value: anything. A ``repr`` that raises says so instead; to one that says nothing of the
            value its ``str`` is added, if that does.
        most: how many characters there may be.
    """
    try:
        text = without_addresses(_without_own(repr(value), value))
        cls: Any = type(value)
        if cls.__repr__ is object.__repr__ and cls.__str__ is not object.__str__:
            text = f"{text[:-1]}: {without_addresses(_without_own(str(value), value))}>"
    except Exception as error:
        text = f"<{type(value).__qualname__}, whose repr raised {type(error).__name__}>"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _without_own(text: str, value: Any) -> str:
    """``text`` of ``value`` without its address as a plain number: ``<py3-none-any @ 1405>``."""
    number = str(id(value))
    if number not in text:
        return text
    return re.sub(rf"\s*(\bat|\bid ?=|@)\s*{number}\b", "", text).replace(number, "...")


def told(error: BaseException) -> str:
    """An error in one line: its type and what it says, without addresses."""
    try:
        text = without_addresses(str(error))
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}".removesuffix(": ")


class _Brief(reprlib.Repr):
    def repr_instance(self, x: Any, level: int) -> str:
        return worded(x, self.maxother)


def briefly(value: Any) -> str:
    """``value`` in a few characters; of what holds many things only the first."""
    return _Brief().repr(value)
