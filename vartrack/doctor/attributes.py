"""Attributes that vartrack reads of torch's objects, and where torch's sources define them.

Which object it is, a reader of the source cannot know. So this goes by the name: one that torch
defines and vartrack does not is taken for torch's.
"""

from __future__ import annotations

import builtins
import collections
import functools
import inspect
import operator
import random
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

from vartrack.compat.release import folder
from vartrack.doctor.findings import Place
from vartrack.doctor.own_code import modules

__all__ = ["check_attributes", "defined_in"]

#: Below torch, where the classes are whose objects vartrack meets.
_FOLDERS = ("_dynamo", "_subclasses", "fx", "_guards.py")
#: A function or class; what is set on ``self``; a field of a class.
_DEFINED = re.compile(
    r"^[ \t]*(?:async )?(?:def|class)[ \t]+(\w+)"
    r"|\bself\.(\w+)(?:[ \t]*:[^=\n]+)?[ \t]*=(?!=)"
    r"|^[ \t]+(\w+)[ \t]*:(?!=)",
    re.MULTILINE,
)
#: Torch's versions of functions of Python, which go by the names of these.
_LIKE_PYTHON = "_dynamo/polyfills/"


def _of_python() -> Iterator[str]:
    """Names that trackers of Python's functions, containers, numbers and texts have as well.

    Of modules that have the same on every Python, as what is found is held against one of them.
    """
    for module in (builtins, collections, operator, random, traceback):
        yield from dir(module)
    for module in (builtins, collections):
        for _, cls in inspect.getmembers(module, inspect.isclass):
            yield from dir(cls)


@functools.lru_cache(maxsize=1)  # asked for each name that is missing
def defined_in(torch: Path) -> dict[str, str]:
    """From each name that torch's sources define to the file, below torch, that is the first."""
    found: dict[str, str] = {}
    for name in _FOLDERS:
        start = torch / name
        for file in sorted(start.rglob("*.py")) if start.is_dir() else (start,):
            if file.is_file():
                where = file.relative_to(torch).as_posix()
                if where.startswith(_LIKE_PYTHON):
                    continue
                for match in _DEFINED.finditer(file.read_text(errors="replace")):
                    found.setdefault(match[match.lastindex or 0], where)
    return found


def check_attributes() -> Iterator[tuple[str, str, Place]]:
    """Each attribute that is read outside of `compat`, where torch defines it, and a line.

    Where it is says "" if torch does not, as then it is one of another package, or gone.
    """
    torch = folder()
    there = {} if torch is None else defined_in(torch)
    known = {*_of_python()}.union(*(module.defines for module in modules()))
    read: dict[str, Place] = {}
    for module in modules():
        if module.file.parent.name != "compat":
            for name in module.attributes.keys() - known:
                read.setdefault(name, module.attributes[name])
    for name in sorted(read):
        yield f".{name}", there.get(name, ""), read[name]
