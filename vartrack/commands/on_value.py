"""From the text of a target to the value that it names."""

from __future__ import annotations

import inspect
import types
from typing import Any

from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.errors import TargetError
from vartrack.explanation.target.blame import raised
from vartrack.explanation.target.loading import find

__all__ = ["value_of"]


def value_of(text: str) -> Any:
    """The value that ``text`` names; what a function without parameters returns.

    Args:
        text: ``file.py:name`` or ``package.module:name``, as for ``vartrack explain``.

    Raises:
        TargetError: there is no such thing, it is a class or a module, or the function needs
            arguments or raises.
    """
    found = find(text)
    if isinstance(found, (type, types.ModuleType)):
        kind = "class" if isinstance(found, type) else "module"
        raise TargetError(
            "VT411",
            f"{text} is the {kind} {found.__name__}, and a value is looked at.",
            f"name a value, such as `example = {found.__name__}(...)`, or a function without "
            "parameters that returns one.",
        )
    if not isinstance(found, types.FunctionType):
        return found
    needed = [
        each.name
        for each in inspect.signature(found).parameters.values()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    if needed:
        raise TargetError(
            "VT407",
            f"{text} needs {', '.join(needed)}, and nothing says with what to call it.",
            "name a value, or a function without parameters that returns one.",
        )
    try:
        return found()
    except INTERRUPTS:
        raise
    except BaseException as error:  # it may exit the process too
        raise TargetError(
            "VT409",
            f"{text} takes no arguments, so it was called, and raised {raised(error)}.",
            "have it return a value without an error.",
        ) from error
