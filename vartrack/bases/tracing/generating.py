"""Whether torch writes bytecode just now: then a value is loaded, and not relied upon."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from torch._dynamo.codegen import PyCodegen

__all__ = ["WRITING", "is_writing"]

_writing: ContextVar[bool] = ContextVar("vartrack_writing", default=False)


def is_writing() -> bool:
    """Whether torch asks in order to write bytecode.

    It asks a container for constants, which it would write as they are now. A value that came
    from somewhere is to be loaded from there instead, as nothing guards what it holds.
    """
    return _writing.get()


class Writing:
    """Marks the time in which torch writes bytecode, while vartrack is installed."""

    def __init__(self) -> None:
        self._own: Any = None

    def add(self) -> None:
        """Have torch's code generator say when it is at work."""
        self._own = own = PyCodegen.__call__

        def call(self: PyCodegen, *args: Any, **kwargs: Any) -> None:
            if _writing.get():
                return own(self, *args, **kwargs)
            token = _writing.set(True)
            try:
                return own(self, *args, **kwargs)
            finally:
                _writing.reset(token)

        PyCodegen.__call__ = call  # type: ignore[method-assign]

    def remove(self) -> None:
        """Give torch its own back."""
        PyCodegen.__call__ = self._own  # type: ignore[method-assign]


#: What `install` puts in place.
WRITING = Writing()
