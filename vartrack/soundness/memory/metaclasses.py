"""Whether the version tag of a class tells that it was given another metaclass."""

from __future__ import annotations

from typing import Any

from vartrack.soundness.memory.class_tags import AVAILABLE, refresh, tag_of

__all__ = ["UNTOLD"]


def _tells() -> bool:
    """Whether a class has another tag when it was given another metaclass: not since 3.13."""
    metaclass, other = (type(name, (type,), {}) for name in ("Metaclass", "Other"))
    cls: Any = metaclass("Class", (), {})
    refresh(cls)
    before = tag_of(cls)
    cls.__class__ = other
    return tag_of(cls) != before


#: Whether there are tags, which say nothing of metaclasses. Without tags all is compared.
UNTOLD: bool = AVAILABLE and not _tells()
