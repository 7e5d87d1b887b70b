"""Matches of regular expressions."""

from __future__ import annotations

import re
from typing import Any

from vartrack.bases import ConstantVisitor

__all__ = ["Matches"]


class Matches(ConstantVisitor):
    """Matches, by what was searched for, where, and what was found.

    .. versionadded:: 0.1
    """

    types = (re.Match,)

    @staticmethod
    def key(value: re.Match[Any]) -> Any:
        pattern = value.re
        searched = (pattern.pattern, pattern.flags, value.string, value.pos, value.endpos)
        return *searched, value.regs, value.lastindex
