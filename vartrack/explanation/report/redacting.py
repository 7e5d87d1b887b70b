"""An explanation with the values of the program cut short, or left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from vartrack.explanation.compiles.seen import Input
from vartrack.explanation.wording.environment import (
    name_without_environment,
    source_without_environment,
    without_environment,
)
from vartrack.explanation.wording.numbering import Numbering

if TYPE_CHECKING:
    from vartrack.explanation.explanation import Explanation

__all__ = ["LONGEST", "cut", "numbered_in", "redacted", "without_environment_in"]

#: A value in the text of a check is never longer than this.
LONGEST = 80
#: The attributes that hold a value of the program, or are worked out from one.
_VALUES = ("shows", "before", "after", "why", "check", "code")
#: Those, what is said of an error of the program, which may quote one, and what has keys in it.
_QUOTING: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys((*_VALUES, "skipped", "reason"), without_environment),
    **dict.fromkeys(("source", "label"), source_without_environment),
}
_T = TypeVar("_T")


def without_environment_in(part: _T) -> _T:
    """A copy of ``part`` without the values of the environment."""
    return _changed(part, _QUOTING)


def numbered_in(part: _T) -> _T:
    """A copy of ``part`` in which objects have numbers, the same ones in each run of a program."""
    return _changed(part, dict.fromkeys((*_QUOTING, "name"), Numbering()))


def cut(found: Explanation) -> Explanation:
    """``found`` with values of at most `LONGEST` characters, and none of the environment."""
    return _changed(found, dict.fromkeys(_VALUES, lambda text: _short(without_environment(text))))


def redacted(found: Explanation) -> Explanation:
    """``found`` without the values of the program.

    Of a graph break the first line of the reason stays, of an error its type. Sources stay, and
    with them the keys of dicts.
    """
    found = _changed(found, dict.fromkeys(_VALUES, lambda text: ""))
    breaks = [dataclasses.replace(entry, reason=entry.title) for entry in found.breaks]
    compiles = [
        dataclasses.replace(compile, skipped=compile.skipped.partition("\n")[0])
        for compile in found.compiles
    ]
    error = found.error.partition(":")[0]
    return dataclasses.replace(found, breaks=breaks, compiles=compiles, error=error)


def _short(text: str) -> str:
    """``text``, which may be a source and then a value, with at most `LONGEST` of the value."""
    head, operator, value = text.partition(" == ")
    if len(value) > LONGEST:
        return f"{head}{operator}{value[: LONGEST - 1]}…"
    return text if operator or len(text) <= LONGEST or "[" in text else text[: LONGEST - 1] + "…"


def _changed(part: _T, changes: Mapping[str, Callable[[str], str]]) -> _T:
    """A copy of ``part`` in which every attribute has been changed as ``changes`` says."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        held: dict[str, Any] = {}
        for each in dataclasses.fields(part):
            value = getattr(part, each.name)
            held[each.name] = (
                _texts(value, changes[each.name])
                if each.name in changes
                else _changed(value, changes)
            )
        if isinstance(part, Input) and held["source"] != part.source:
            held["name"] = name_without_environment(part.name)  # it is made of the source
        copy: Any = dataclasses.replace(part, **held)
        return copy  # type: ignore[no-any-return]
    if isinstance(part, list):
        return [_changed(item, changes) for item in part]  # type: ignore[return-value]
    return part


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [each for each in map(change, value) if each]
    return None if value is None else change(value)
