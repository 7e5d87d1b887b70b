"""`dataclasses.fields`: torch guards each field that it gives, and not that there are no others."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.memory.lying import class_and_dict
from vartrack.soundness.noting.ledger import Ledger
from vartrack.visitors import known_functions

__all__ = ["WATCHERS"]

#: What tells a field from a class variable.
_FIELD: Any = dataclasses._FIELD  # type: ignore[attr-defined]


def _given(ledger: Ledger, result: Any, instance: Any, *_: Any) -> None:
    cls = instance.python_type()
    ask = functools.partial(_names, cls)
    lying = class_and_dict(cls, cls.__dataclass_fields__)
    ledger.state.given(f"the fields of {cls.__module__}.{cls.__qualname__}", ask, ask(), lying)


def _names(cls: Any) -> list[str]:
    """As `dataclasses.fields` gives them, which takes twice as long."""
    fields = cls.__dataclass_fields__.items()
    return [name for name, field in fields if field._field_type is _FIELD]


WATCHERS: tuple[Watcher, ...] = (Watcher(known_functions, "fields_of", "classes", after=_given),)
