"""What the version tag of a class does not tell of it, which is more since Python 3.13."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vartrack.soundness.memory.class_tags import AVAILABLE, refresh, tag_of

__all__ = ["METACLASS_UNTOLD", "NAMES_UNTOLD"]


def _tells(change: Callable[[Any], None]) -> bool:
    """Whether a class has another tag after ``change``."""
    cls: Any = type("Metaclass", (type,), {})("Class", (), {})
    refresh(cls)
    before = tag_of(cls)
    change(cls)
    return tag_of(cls) != before


def _another_metaclass(cls: Any) -> None:
    cls.__class__ = type("Other", (type,), {})


def _another_name(cls: Any) -> None:
    cls.__qualname__ = "another"


#: Whether there are tags, which say nothing of metaclasses. Without tags all is compared.
METACLASS_UNTOLD: bool = AVAILABLE and not _tells(_another_metaclass)
#: Whether tags say nothing of the qualified name, or there are none.
NAMES_UNTOLD: bool = not AVAILABLE or not _tells(_another_name)
