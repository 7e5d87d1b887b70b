"""Text that fits: lines broken where a source or a type can be broken, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

__all__ = ["break_long", "first_line", "microseconds", "milliseconds", "pack"]


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
    """``text`` in pieces of at most ``width``, broken at a space, dot, bracket or underscore."""
    pieces = []
    while text.cell_len > width:
        head, tail = text.divide([_last_break(text.plain, width)])
        head.rstrip()
        pieces.append(head)
        text = tail
    return [*pieces, text]


def _last_break(text: str, width: int) -> int:
    """Where to break ``text``: the last good place of the best kind, or else at ``width``."""
    space = text.rfind(" ", 0, width + 1)
    if space >= width // 6:
        return space + 1
    places = range(min(width, len(text) - 1), width // 3, -1)
    for place in places:
        if text[place] in ".[":
            return place
    for place in places:
        if text[place - 1] == "_":
            return place
    return width


def first_line(text: str) -> str:
    """The first line of ``text`` that is not empty."""
    return text.strip().partition("\n")[0]


def milliseconds(nanoseconds: int) -> str:
    """A time, for people."""
    return f"{nanoseconds / 1e6:,.2f} ms"


def microseconds(nanoseconds: int) -> str:
    """A short time, for people."""
    return f"{nanoseconds / 1e3:,.1f} µs"
