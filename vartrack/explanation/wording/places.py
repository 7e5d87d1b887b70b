"""`Place`: a line of the program, and how one is found."""

from __future__ import annotations

import functools
import linecache
import sys
import textwrap
import traceback
import types
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vartrack.core.user_code.installed import is_installed_file

__all__ = ["Place", "is_mine", "place_at", "place_in", "place_of", "places_of"]

_OURS = str(Path(__file__).parent.parent)
_TORCH = str(Path(torch.__file__).parent)
#: Code that is nobody's: made up, or of the tracer.
_MADE_UP = ("<frozen ", "<eval_with_key>", "<string>")
#: A line is quoted in so many characters.
_LONGEST = 120


@dataclass(frozen=True)
class Place:
    """A line of the program.

    Attributes:
        file: the file.
        line: the number of the line.
        function: the function it is in.
        text: the line itself, "" if it cannot be had.

    .. versionadded:: 0.2
    """

    file: str
    line: int
    function: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def place_of(stack: Iterable[traceback.FrameSummary]) -> Place | None:
    """The innermost line of ``stack`` outside of torch and vartrack; None if there is none."""
    places = places_of(stack)
    return places[-1] if places else None


def places_of(stack: Iterable[traceback.FrameSummary]) -> list[Place]:
    """The lines of ``stack`` outside of torch and vartrack, the outermost first."""
    return [
        Place(frame.filename, frame.lineno or 0, frame.name, _text(frame.filename, frame.lineno))
        for frame in stack
        if not frame.filename.startswith((_OURS, _TORCH, *_MADE_UP))
    ]


def place_in(code: types.CodeType, line: int) -> Place:
    """The place of a line of ``code``."""
    return place_at(code.co_filename, line, code.co_name)


def place_at(file: str, line: int, function: str) -> Place:
    """The place of a line of ``file``."""
    return Place(file, line, function, _text(file, line))


@functools.lru_cache(maxsize=10_000)
def _text(file: str, line: int | None) -> str:
    text = linecache.getline(file, line or 0).strip()
    return textwrap.shorten(text, _LONGEST, placeholder=" …") if len(text) > _LONGEST else text


def is_mine(value: Any) -> bool:
    """Whether the type of ``value``, or the function or class that it is, is of the program.

    What is not of the program is in a package that is installed, torch's own and Python's included.
    """
    named = value if type(value) in (types.FunctionType, type) else type(value)
    return _is_of_the_program(getattr(named, "__module__", None) or "builtins")


@functools.lru_cache(maxsize=10_000)
def _is_of_the_program(module: str) -> bool:
    held = sys.modules.get(module)
    file = None if held is None else vars(held).get("__file__")
    return isinstance(file, str) and not (file.startswith(_OURS) or is_installed_file(file))
