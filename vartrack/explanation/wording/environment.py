"""Values of the environment, which may be passwords, kept out of what is told."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = [
    "is_of_the_environment",
    "name_without_environment",
    "source_without_environment",
    "without_environment",
]

#: Values of the environment that are shorter are told from others by their source alone.
_TELLING = 4
#: What stands for a value of the environment, in a text and in a name.
_HIDDEN = "(of the environment)"
_HIDDEN_NAME = "of_the_environment"
#: The key of an item in a source; of a module's parts it is a name of the program.
_KEY = re.compile(r"""(?<!_modules)(?<!_parameters)(?<!_buffers)(?<!__dict__)\[(b?(['"]).*?\2)\]""")


def is_of_the_environment(source: str) -> bool:
    """Whether ``source`` reads the environment of the process."""
    return re.search(r"\benviron\w*\b", source) is not None


def _values_in(text: str, spelled: Callable[[str], str] = str) -> Iterator[str]:
    """The values of the environment that stand in ``text``, as they are spelled there."""
    for value in os.environ.values():
        if len(value) >= _TELLING and spelled(value) in text and not Path(value).exists():
            yield spelled(value)


def without_environment(text: str) -> str:
    """``text`` with values of the environment left out."""
    for value in _values_in(text):
        text = text.replace(value, _HIDDEN)
    return text


def source_without_environment(source: str) -> str:
    """``source`` with values of the environment left out where they are keys."""
    return _KEY.sub(lambda key: f"[{without_environment(key[1])}]", source)


def name_without_environment(name: str) -> str:
    """The name of an input of a graph, which Dynamo makes of its source, in the same way."""
    for value in _values_in(name, _in_a_name):
        name = name.replace(value, _HIDDEN_NAME)
    return name


def _in_a_name(value: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", value.lower())
