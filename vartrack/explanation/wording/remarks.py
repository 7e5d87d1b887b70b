"""What torch remarks on a check, after its code: the line of the program that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vartrack.explanation.wording.places import Place, place_at

__all__ = ["place_told", "without_remark"]

#: Where the check ends and torch's remark on it begins.
_REMARK = re.compile(r"\s{2,}#\s|\s*\(HINT:")
#: The end of the path of a file, a line in it, and the function.
_LINE = re.compile(r"# (\S+):(\d+) in (\w+)")


def without_remark(part: str) -> str:
    """The check in ``part``, without what torch remarks on it."""
    return _REMARK.split(part)[0].strip()


def place_told(part: str, files: Iterable[str]) -> Place | None:
    """The line that torch's remark on a check names, in one of ``files``; None if in none.

    Of a check that stands for several it is the last: the first is where the value was first used.
    """
    for end, line, function in reversed(_LINE.findall(part)):
        file = next((each for each in files if each.endswith(end)), None)
        if file is not None:
            return place_at(file, int(line), function)
    return None
