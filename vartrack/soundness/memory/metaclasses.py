"""The metaclasses of classes, read together where the version tag of a class does not tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vartrack.soundness.memory.class_tags import AVAILABLE, refresh, tag_of
from vartrack.soundness.memory.dict_tags import WORD, class_place
from vartrack.soundness.memory.words import Words

__all__ = ["UNTOLD", "Metaclasses"]


class Metaclasses(Words):
    """The metaclasses of some classes, which must not be read once a class is gone.

    Args:
        expected: each class, with the metaclass that it had; None where that is gone.
    """

    __slots__ = ("_seen",)

    def __init__(self, expected: Sequence[tuple[type, type | None]]) -> None:
        super().__init__([class_place(cls) for cls, _ in expected], WORD)
        self._seen = np.array(
            [0 if was is None else id(was) for _, was in expected], WORD
        ).tobytes()

    def are_same(self) -> bool:
        """Whether each class has the metaclass that it had."""
        return self.read() == self._seen


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
