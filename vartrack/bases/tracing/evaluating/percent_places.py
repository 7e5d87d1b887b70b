"""Places of a text that ``%`` fills in, and what `str.format` is to be told to fill in the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

__all__ = ["TEXT_OF", "Place", "pieces", "put_together", "with_texts"]

#: A place or ``%%``, which stands for none; Python skips the size that C has before the letter.
_PLACE = re.compile(
    r"%(?:(?P<percent>%)|(?:\((?P<name>[^()]*)\))?(?P<flags>[#0\- +]*)(?P<width>\d*)"
    r"(?P<precision>(?:\.\d*)?)[hlL]?(?P<letter>[diouxXeEfFgGcrsa]))"
)
#: From the letter of a place for a text to what makes that text.
TEXT_OF: dict[str, Callable[[Any], str]] = {"s": str, "r": repr, "a": ascii}
#: From the letter of a place to the types of which it gives the same text as a format does.
_NUMBERS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys("di", (int, bool)),
    **dict.fromkeys("eEfFgG", (float,)),
}


class Place(NamedTuple):
    """A place of a text that ``%`` fills in: whose, how wide, and as what."""

    name: str | None
    flags: str
    width: str
    precision: str
    letter: str

    def __str__(self) -> str:
        """What stands in the text."""
        name = "" if self.name is None else f"({self.name})"
        return f"%{name}{self.flags}{self.width}{self.precision}{self.letter}"

    @property
    def is_whole_text(self) -> bool:
        """Whether a text of the value stands there, as it is."""
        return self.letter in TEXT_OF and not (self.flags or self.width or self.precision)

    @property
    def is_of_float(self) -> bool:
        """Whether an int is shown as a float there."""
        return float in _NUMBERS.get(self.letter, ())

    def of(self, value: object) -> str:
        """What is put there for ``value``.

        Raises:
            TypeError: if it is no number where one is needed.
            ValueError: if the place is none of Python's.
        """
        return str(self._replace(name=None)) % (value,)

    def spec_of(self, cls: type) -> str | None:
        """The format that gives the same text of a number of ``cls``; None if there is none."""
        is_int = self.letter in "di"
        if cls not in _NUMBERS.get(self.letter, ()) or "#" in self.flags or self.precision == ".":
            return None
        if is_int and self.precision:
            return None
        side = "<" if "-" in self.flags else ""
        sign = next((each for each in "+ " if each in self.flags), "")
        filled = "0" if "0" in self.flags and not side else ""
        return f"{side}{sign}{filled}{self.width}{self.precision}{'d' if is_int else self.letter}"


def pieces(template: str) -> list[str | Place] | None:
    """The places of ``template`` and the texts between; None if Python takes no such template.

    A width of ``*`` is none of ours either. ``%%`` is ``%`` in the texts.
    """
    parts: list[str | Place] = []
    text, end = "", 0
    for found in _PLACE.finditer(template):
        between = template[end : found.start()]
        if "%" in between:
            return None
        end = found.end()
        text += between + (found["percent"] or "")
        if not found["percent"]:
            parts += [text, Place(*found.group(*Place._fields))]
            text = ""
    rest = template[end:]
    return None if "%" in rest else [*parts, text + rest]


def put_together(parts: Iterable[str | Place]) -> str:
    """The template of `pieces`."""
    return "".join(
        str(part) if isinstance(part, Place) else part.replace("%", "%%") for part in parts
    )


def with_texts(
    parts: Sequence[str | Place], items: Iterable[Any], text_of: Callable[[Place, Any], Any]
) -> tuple[str, list[Any]]:
    """A template that takes texts of some items, and what it takes.

    Args:
        parts: the `pieces` of the template as it was.
        items: what is put in, one for each place.
        text_of: gives the text of an item at a place; None if it is put in as it is.
    """
    left = iter(items)
    written: list[str | Place] = []
    taken: list[Any] = []
    for part in parts:
        if isinstance(part, Place):
            item = next(left)
            part = part._replace(name=None)
            text = text_of(part, item) if part.letter in TEXT_OF else None
            if text is not None:
                item, part = text, part._replace(letter="s")
            taken.append(item)
        written.append(part)
    return put_together(written), taken
