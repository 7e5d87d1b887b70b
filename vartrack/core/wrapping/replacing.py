"""Putting something in the place of an attribute for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["replaced"]


@contextlib.contextmanager
def replaced(owner: Any, name: str, new: Any) -> Iterator[Any]:
    """Set ``owner.name`` to ``new`` for a block; afterwards the very object from before is back.

    Takes a class or module that holds the attribute itself, and gives what was there.

    Raises:
        KeyError: ``owner`` inherits the attribute or does not have it.
    """
    old = vars(owner)[name]
    setattr(owner, name, new)
    try:
        yield old
    finally:
        setattr(owner, name, old)
