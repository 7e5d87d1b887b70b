"""Types in sentences: ``an int``, ``a UUID``, ``an HTTPError``."""

from __future__ import annotations

import re

__all__ = ["with_article"]

#: What is written with a vowel and not spoken with one: a uint8, a Unit, a user, a oneof.
_CLOSED = re.compile(r"u(ni(?![nm])|s[aeiu]|ti|uid|r[il]|int)|eu|ewe|one(?![a-z])|oneof|once", re.I)
#: What is spoken with a vowel: an int, and also an hour, an ndarray, an mpz.
_OPEN = re.compile(r"[aeiou]|hour|honest|honou?r|heir|nd|mp[zfqc]", re.I)
#: What is spoken letter by letter: the abbreviation of an HTTPError, of a UTCDate; an F.
_SPELT = re.compile(
    r"[A-Z]$|(?=[A-Z]{2,4}(?![A-Za-z])|[A-Z]{2,4}(?=[A-Z][a-z]))(?:U|[^\WAEIOU]{2})"
)
_OPEN_LETTERS = frozenset("AEFHILMNORSX")


def with_article(what: type | str, *, begins: bool = False) -> str:
    """A type in a sentence, with the article that it is spoken with.

    >>> with_article(int), with_article("Unit"), with_article("UUID", begins=True)
    ('an int', 'a Unit', 'A UUID')

    Args:
        what: the type, which is called by its qualified name, or what to call it.
        begins: whether the sentence begins with it.
    """
    name = what if isinstance(what, str) else what.__qualname__
    article = "an" if _is_open(name.lstrip("_<")) else "a"
    return f"{article.capitalize() if begins else article} {name}"


def _is_open(name: str) -> bool:
    """Whether ``name`` is spoken with a vowel at its beginning."""
    if _SPELT.match(name):
        return name[0] in _OPEN_LETTERS
    return _OPEN.match(name) is not None and _CLOSED.match(name) is None
