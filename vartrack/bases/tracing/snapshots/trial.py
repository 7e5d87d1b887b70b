"""`Trial`: a deep copy of a value, on which uses of the value are tried."""

from __future__ import annotations

import copy
from typing import Any

from vartrack.bases.content import added
from vartrack.bases.tracing.snapshots.ways import CONTAINERS
from vartrack.core.user_code.stored import Items, attributes

__all__ = ["Trial"]


class Trial:
    """A deep copy of a value, on which uses of the value are tried.

    Attributes:
        subject: the copy.
        originals: for the id of each part of the copy, that part and the part it is a copy of.
    """

    def __init__(self, value: Any) -> None:
        self.memo: dict[int, Any] = {}
        self.originals: dict[int, tuple[Any, Any]] = {}
        self.subject = self.copy(value)
        for part, original in [*self.originals.values()]:
            self._complete(part, original)

    def copy(self, value: Any) -> Any:
        """A deep copy of ``value``; what was copied before is not copied again."""
        result = copy.deepcopy(value, self.memo)
        # deepcopy keeps what it copied in its memo, under the id of the memo
        for original in self.memo.get(id(self.memo), ()):
            self._pair(self.memo[id(original)], original)
        return result

    def _pair(self, part: Any, original: Any) -> None:
        if part is original or id(part) in self.originals:
            return
        self.originals[id(part)] = (part, original)
        if type(part) in (*CONTAINERS, set) or type(part) is not type(original):
            return
        for name, item in (added(original) or {}).items():
            if name not in attributes(part):
                object.__setattr__(part, name, self.copy(item))
        # what a __deepcopy__ of the class's own copied in its own way
        kept = {**attributes(original), "__dict__": getattr(original, "__dict__", None)}
        for name, item in {**attributes(part), "__dict__": getattr(part, "__dict__", None)}.items():
            if type(item) in (*CONTAINERS, set) and type(kept.get(name)) is type(item):
                self._pair(item, kept[name])

    def _complete(self, part: Any, original: Any) -> None:
        """Have a copy hold the items of the original: `copy` takes those that it shows."""
        if type(part) is not type(original):
            return
        copied, held = Items(part), Items(original)
        ids = [[id(self.original(item)) for item in items] for items in (copied.held, held.held)]
        if isinstance(part, set):
            ids = [sorted(items) for items in ids]
        if ids[0] != ids[1]:
            copied.fill(self.copy(held.held))

    def parts(self) -> dict[int, Any]:
        """The originals of all that was copied, each under its id."""
        return {id(original): original for _, original in self.originals.values()}

    def original(self, part: Any) -> Any:
        """What ``part`` is a copy of; ``part`` itself if it was not copied."""
        copied, original = self.originals.get(id(part), (None, part))
        return original if copied is part else part

    def shares(self, result: Any) -> bool:
        """Whether ``result`` is or holds a part of the copy."""
        memo: dict[int, Any] = {}
        try:
            copy.deepcopy(result, memo)
        except Exception:
            return False
        met = [result, *memo.get(id(memo), ())]
        return any(self.original(part) is not part for part in met)
