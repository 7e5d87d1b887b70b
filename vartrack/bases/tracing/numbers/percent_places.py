"""Places of a text that ``%`` fills in, and what `str.format` is to be told to fill in the same."""

from __future__ import annotations

import re

__all__ = ["LETTERS", "PLACE", "spec_of"]

#: A place to fill in: how, and as what; or ``%%``, which stands for none.
PLACE = re.compile(r"%(?:(%)|([-+ 0]*)(\d*)(\.\d+)?([a-zA-Z]))")
#: From the letter of such a place to the types that it gives the same text of as a format does.
LETTERS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys("di", (int, bool)),
    **dict.fromkeys("eEfFgG", (float,)),
}


def spec_of(place: re.Match[str], cls: type) -> str | None:
    """The format that gives what ``%`` puts in ``place`` for a number; None if there is none.

    Args:
        place: what `PLACE` found.
        cls: the type of the number.
    """
    _, flags, width, precision, letter = place.groups()
    if cls not in LETTERS.get(letter, ()) or (precision and letter in "di"):
        return None
    side = "<" if "-" in flags else ""
    sign = next((each for each in "+ " if each in flags), "")
    filled = "0" if "0" in flags and not side else ""
    return f"{side}{sign}{filled}{width}{precision or ''}{letter.replace('i', 'd')}"
