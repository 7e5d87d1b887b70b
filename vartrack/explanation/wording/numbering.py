"""Objects in the texts of checks: numbered, where torch tells them by where in memory they are."""

from __future__ import annotations

import re

from vartrack.core.texts.wording import without_addresses

__all__ = ["Numbering"]

#: In the names of globals that torch makes for objects, and in checks.
_BY_ID = (
    re.compile(r"(\w_)(\d{9,})(?=_c\d)"),
    re.compile(r"(___check_(?:obj|type)_id\(.*?, )(\d+)(?=\))"),
)


class Numbering:
    """Gives objects numbers from 1 on, in the order in which they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """``text`` with a number for each id, and without addresses."""
        for pattern in _BY_ID:
            text = pattern.sub(self._numbered, text)
        return without_addresses(text)

    def _numbered(self, found: re.Match[str]) -> str:
        number = self._numbers.setdefault(found[2], len(self._numbers) + 1)
        return f"{found[1]}{number}"
