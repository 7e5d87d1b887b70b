"""What a fact shows, in a few characters, so that before and after can be told apart."""

from __future__ import annotations

import textwrap
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from vartrack.core.texts.articles import with_article
from vartrack.explanation.wording.brief import brief, where_defined
from vartrack.explanation.wording.environment import without_environment
from vartrack.explanation.wording.words import in_words
from vartrack.soundness.facts.fact import NOTHING, Fact, Scope, Words

__all__ = ["shown", "told"]

#: Nothing that is told is longer.
_LONGEST = 100
_WRAPPERS = (staticmethod, classmethod)


def shown(fact: Fact, scope: Scope) -> str:
    """What ``fact`` is about, as it is now, in a few characters."""
    try:
        value = fact.shows(scope)
    except Exception as error:
        return f"cannot be read ({type(error).__name__})"
    return repr(NOTHING) if value is NOTHING else told(value)


def told(value: Any) -> str:
    """``value`` in a few characters. No code of its own class is run."""
    cls = type(value)
    if cls is Words:
        return textwrap.shorten(in_words(value), _LONGEST, placeholder=" …")
    if cls in (list, tuple):
        text = without_environment(", ".join(map(told, value)) or "empty")
        return textwrap.shorten(text, _LONGEST, placeholder=" …")
    if cls is FunctionType:
        return f"{value.__qualname__} ({where_defined(value.__code__)})"
    if cls is CodeType:
        return f"{value.co_name} ({where_defined(value)})"
    if cls is MethodType or cls in _WRAPPERS:
        return f"{cls.__name__} {told(value.__func__)}"
    if cls is property:
        return f"property {told(value.fget)}"
    if cls is BuiltinFunctionType:
        return value.__qualname__
    name = f"{cls.__module__}.{cls.__qualname__}".removeprefix("builtins.")
    return brief(value) or with_article(name)
