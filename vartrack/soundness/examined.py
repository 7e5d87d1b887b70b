"""What the doctor is told of watchers: where torch has what they watch."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from vartrack.doctor.findings import Place
from vartrack.soundness.hooks.hooking import Survey, Watcher
from vartrack.soundness.watchers.all import WATCHERS

__all__ = ["check_watchers"]

_ROOT = Path(__file__).parents[2]


def check_watchers() -> Iterator[tuple[str, str, Place]]:
    """Each function of torch that watchers are for, where it is, and what notes something there.

    It is nowhere if one of its watchers finds nothing. The evidence of a release says for which of
    them that is as it should be.
    """
    found: dict[str, tuple[str, Place]] = {}
    survey = Survey(WATCHERS.watchers)
    for watcher in WATCHERS.watchers:
        if watcher.owner is not None:  # that the class is not there is found by its name
            name, where = str(watcher), _where(watcher, survey)
            if not where or name not in found:
                found[name] = where, _place(watcher)
    for name, (where, place) in sorted(found.items()):
        yield name, where, place


def _where(watcher: Watcher, survey: Survey) -> str:
    for owner, name, _ in watcher.places(survey):
        path = "" if isinstance(owner, ModuleType) else f"{owner.__qualname__}."
        module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
        return f"{module.removeprefix('torch.')}:{path}{name}"
    return ""


def _place(watcher: Watcher) -> Place:
    note: Any = watcher.before or watcher.after or watcher.instead
    note = note.func if isinstance(note, functools.partial) else note
    file = Path(note.__code__.co_filename)
    return Place(
        file.relative_to(_ROOT).as_posix(), note.__code__.co_firstlineno, note.__qualname__
    )
