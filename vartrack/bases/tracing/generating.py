"""Whether torch writes bytecode just now: then a value is loaded, and not relied upon."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from torch._dynamo.codegen import PyCodegen

from vartrack.core.wrappers import Wrappers

__all__ = ["WRITING", "is_writing"]

_writing: ContextVar[bool] = ContextVar("vartrack_writing", default=False)


def is_writing() -> bool:
    """Whether torch asks in order to write bytecode.

    It asks a container for constants, which it would write as they are now. A value that came
    from somewhere is to be loaded from there instead, as nothing guards what it holds.
    """
    return _writing.get()


def _marked(own: Callable[..., None]) -> Callable[..., None]:
    """``own``, while which torch writes bytecode."""

    def call(self: PyCodegen, *args: Any, **kwargs: Any) -> None:
        if _writing.get():
            return own(self, *args, **kwargs)
        token = _writing.set(True)
        try:
            return own(self, *args, **kwargs)
        finally:
            _writing.reset(token)

    return call


#: What `install` puts in place.
WRITING = Wrappers((PyCodegen, "__call__", _marked))
