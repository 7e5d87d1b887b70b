"""Breaking lines where a source or a type can be broken, and not anywhere else."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

__all__ = ["break_long", "pack"]

_BREAK_BEFORE = ".["
_BREAK_AFTER = "_"


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
    """Where to break ``text``: at the last space or else good place that fits, or at ``width``."""
    space = text.rfind(" ", 0, width + 1)
    if space > 0:
        return space + 1
    for place in range(min(width, len(text) - 1), max(0, width // 3), -1):
        if text[place] in _BREAK_BEFORE or text[place - 1] in _BREAK_AFTER:
            return place
    return width
