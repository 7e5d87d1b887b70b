"""Lines of text at a width: paragraphs and columns, never broken inside a word."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.console import Console, RenderableType
from rich.text import Text

from vartrack.explanation.text.fitting import break_long

__all__ = ["WIDTH", "as_text", "columns", "heading", "paragraph", "title"]

#: The width of plain text.
WIDTH = 80
_GAP = 2
#: The share of a line that a column of names may take.
_NAMES = 0.45


class _Page(io.StringIO):
    """Text that is meant for a stream of some encoding, so that lines are drawn to suit it."""

    encoding = "utf-8"


def as_text(pieces: Iterable[RenderableType], width: int = WIDTH, encoding: str = "utf-8") -> str:
    """``pieces`` as plain text."""
    page = _Page()
    page.encoding = encoding
    # a word that is longer than a line is not broken, so a line may be longer than the page
    console = Console(file=page, width=width, color_system=None, force_terminal=False)
    for piece in pieces:
        console.print(piece, soft_wrap=isinstance(piece, Text), highlight=False)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())


def title(width: int, command: str, target: str) -> Text:
    """The first line: what this is about."""
    text = paragraph(Text.assemble((command, "bold"), " ", target), width)
    if "\n" not in text.plain and text.cell_len < width - 1:
        text.append(f" {'─' * (width - text.cell_len - 1)}", "dim")
    return text


def heading(width: int, text: str, note: str = "") -> Text:
    """The line above a part."""
    return paragraph(Text.assemble((text, "bold"), (f"  {note}" if note else "", "dim")), width)


def paragraph(text: Text | str, width: int, indent: int = 0, first: str | Text = "") -> Text:
    """``text`` at ``width``, set in by ``indent``; ``first`` stands in front of its first line."""
    text = Text(text) if isinstance(text, str) else text
    lines = [piece for line in text.split("\n") for piece in break_long(line, width - indent)]
    mark = Text(first) if isinstance(first, str) else first
    mark.append(" " * (indent - mark.cell_len))
    whole = Text()
    for number, line in enumerate(lines):
        whole.append_text(mark if not number else Text("\n" + " " * indent)).append_text(line)
    return whole


def columns(rows: Sequence[Sequence[Text]], width: int, right: Sequence[int] = (0,)) -> Text:
    """``rows`` in columns; those whose number is in ``right`` to the right.

    The last but one takes what it needs, within limits, and the last what is left.
    """
    natural = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    fixed = sum(natural[:-2]) + _GAP * (len(natural) - 1)
    word = max(piece.cell_len for row in rows for piece in break_long(row[-1], 1))
    names = min(natural[-2], max(int(width * _NAMES), width - fixed - natural[-1]))
    names = max(1, min(names, width - fixed - word))
    widths = [*natural[:-2], names, max(word, width - fixed - names)]
    lines = []
    for row in rows:
        broken = [break_long(cell, wide) for cell, wide in zip(row, widths, strict=True)]
        for number, pieces in enumerate(broken):
            # what stands to the right of a word that is too long begins below it
            below = max(
                (n for n, it in enumerate(pieces, 1) if it.cell_len > widths[number]), default=0
            )
            broken[number + 1 :] = [
                [Text()] * below + right_of for right_of in broken[number + 1 :]
            ]
        for cells in zip_longest(*broken, fillvalue=Text()):
            line = Text()
            for number, (cell, wide) in enumerate(zip(cells, widths, strict=True)):
                space = " " * (wide - cell.cell_len)
                before, after = (space, "") if number in right else ("", space)
                line.append(before).append_text(cell).append(after + " " * _GAP)
            line.rstrip()
            lines.append(line)
    return Text("\n").join(lines)
