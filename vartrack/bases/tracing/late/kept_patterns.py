"""Patterns that a program makes of a text, kept where each compile finds them at the same place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource, GetItemSource

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["PATTERNS", "kept_at"]

#: By what they are made of the patterns that compiled code looks for something with.
PATTERNS: dict[str, re.Pattern[Any]] = {}


def kept_at(tx: Any, pattern: re.Pattern[Any]) -> Source:
    """Where compiled code finds ``pattern``, or one that is equal to it."""
    name = repr((pattern.pattern, pattern.flags))
    PATTERNS.setdefault(name, pattern)
    return GetItemSource(AttrSource(tx.import_source(__name__), "PATTERNS"), name)
