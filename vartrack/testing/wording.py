"""Values in the messages of the checks, whole."""

from __future__ import annotations

from typing import Any

from vartrack.core.texts.wording import worded

__all__ = ["told_of"]


def told_of(value: Any) -> str:
    """``value`` as Python shows it, without addresses; who reads it looks for what is wrong."""
    return worded(value, 2000)
