"""`dataclasses.fields`: torch guards each field that it gives, and not that there are no others."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.visitors import known_functions

__all__ = ["WATCHERS"]


def _given(ledger: Ledger, result: Any, instance: Any, *_: Any) -> None:
    cls = instance.python_type()
    ask = functools.partial(_names, cls)
    ledger.state.given(f"the fields of {cls.__module__}.{cls.__qualname__}", ask, ask())


def _names(cls: type[Any]) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


WATCHERS: tuple[Watcher, ...] = (Watcher(known_functions, "fields_of", "classes", after=_given),)
