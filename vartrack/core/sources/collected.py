"""The dict of the arguments by name that no parameter takes: `def f(x, **more)`."""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any

from torch._dynamo.source import LocalSource

__all__ = ["collecting", "is_collected"]


def collecting(code: CodeType) -> str:
    """The name of the parameter that collects the other arguments by name."""
    by_place = code.co_argcount + bool(code.co_flags & inspect.CO_VARARGS)
    return code.co_varnames[by_place + code.co_kwonlyargcount]


def is_collected(output: Any, source: Any) -> bool:
    """Whether it is what the compiled function itself collects.

    Its keys are names, and Python makes it for each call: it is in no other place.
    """
    code = output.root_tx.f_code
    if not code.co_flags & inspect.CO_VARKEYWORDS or not isinstance(source, LocalSource):
        return False
    return source.is_input and source.local_name == collecting(code)
