"""Text that fits: lines broken where a source or a type can be broken, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rich.text import Text

__all__ = [
    "break_long",
    "counted",
    "first_line",
    "microseconds",
    "milliseconds",
    "pack",
    "short_path",
]


def pack(chunks: Iterable[Text], width: int) -> Text:
    """The chunks in lines of at most ``width``; one is only broken if it is longer than a line."""
    lines: list[Text] = []
    line: Text | None = None
    for chunk in chunks:
        if line is not None and line.cell_len + 2 + chunk.cell_len <= width:
            line.append("  ").append_text(chunk)
            continue
        if line is not None:
            lines.append(line)
        *full, last = break_long(chunk, width)
        lines += full
        line = Text().append_text(last)  # its own style must not become that of the line
    if line is not None:
        lines.append(line)
    return Text("\n").join(lines)


def break_long(text: Text, width: int) -> list[Text]:
    """``text`` in pieces of at most ``width``, broken at a space or at a sign between words.

    A word that is longer than a line keeps its length.
    """
    pieces = []
    while text.cell_len > width:
        if len(text.plain.rstrip()) < len(text.plain):
            text = text.copy()
            text.rstrip()
            continue
        place = _last_break(text.plain, width)
        if place >= len(text.plain):
            break
        head, tail = text.divide([place])
        head.rstrip()
        pieces.append(head)
        text = tail
    return [*pieces, text]


def _last_break(text: str, width: int) -> int:
    """Where to break ``text``: the last good place within ``width``, or the first after it."""
    space = text.rfind(" ", 0, width + 1)
    if space >= width // 3 and text[:space].strip():
        return space + 1
    within = [
        place for place in range(1, min(width, len(text) - 1) + 1) if _is_between(text, place)
    ]
    if within and text[: within[-1]].strip():
        return within[-1]
    return next((p for p in range(width + 1, len(text)) if _is_between(text, p)), len(text))


def _is_between(text: str, place: int) -> bool:
    """Whether one word ends before ``place`` and another begins there."""
    before, after = text[place - 1], text[place]
    return (before in " ,/=)" and after not in " ,=)") or (after in ".[(" and before not in " .[(")


def first_line(text: str) -> str:
    """The first line of ``text`` that is not empty."""
    return text.strip().partition("\n")[0]


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def milliseconds(nanoseconds: float) -> str:
    """A time, for people."""
    return f"{nanoseconds / 1e6:,.2f} ms"


def microseconds(nanoseconds: float) -> str:
    """A short time, for people."""
    return f"{nanoseconds / 1e3:,.2f} µs"


def short_path(file: str) -> str:
    """``file`` from this folder, or from the folder of installed packages, on."""
    for folder in ("site-packages", "dist-packages"):
        _, found, rest = file.partition(f"{os.sep}{folder}{os.sep}")
        if found:
            return rest
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
