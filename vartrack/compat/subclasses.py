"""The subclasses of a class, however far below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["with_subclasses"]


def with_subclasses(
    cls: type[Any], wanted: Callable[[type[Any]], bool] = lambda subclass: True
) -> Iterator[type[Any]]:
    """``cls`` and its subclasses, each once, a class before those derived from it.

    Args:
        cls: the class to begin with.
        wanted: which subclasses count; below one that does not, none is looked for.
    """
    seen = {cls}
    todo = [cls]
    while todo:
        one = todo.pop()
        yield one
        derived: type[Any]
        for derived in type.__subclasses__(one):
            if derived not in seen and wanted(derived):
                seen.add(derived)
                todo.append(derived)
