"""Who asks whether a folded value is a constant, where torch uses the answer wrongly."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from types import CodeType
from typing import Any

from torch._dynamo import utils
from torch._dynamo.variables import builtin, lazy
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.compat.hooks import codes_of
from vartrack.compat.operators import GIVES_TEXT

__all__ = ["as_operands", "asked_for_operand", "asked_for_type", "is_searched", "wanted_text"]

_operands: ContextVar[bool] = ContextVar("vartrack_operands", default=False)

_SEARCH: CodeType = utils.iter_contains.__code__
_LATER: CodeType = StringFormatVariable.create.__func__.__code__  # type: ignore[attr-defined]
_NOW: tuple[CodeType, ...] = codes_of(ConstantVariable, "nb_remainder_impl", "call_method")
_OF_TYPE: frozenset[CodeType] = frozenset(
    vars(cls)[name].__code__
    for cls in vars(builtin).values()
    if isinstance(cls, type)
    for name in ("_call_getattr", "call_isinstance")
    if name in vars(cls)
)
_CALL: CodeType = BuiltinVariable.call_function.__code__
_TEXT_OF: tuple[Any, ...] = (str, repr, ascii, format, str.__mod__, print, *GIVES_TEXT)


@contextlib.contextmanager
def as_operands() -> Iterator[None]:
    """Mark that what is asked for in this block goes into an evaluation of vartrack's own."""
    token = _operands.set(True)
    try:
        yield
    finally:
        _operands.reset(token)


def asked_for_operand() -> bool:
    """Whether the value is wanted as an operand of an evaluation."""
    return _operands.get()


def asked_for_type() -> bool:
    """Whether torch reads the value, one frame further out, to learn what class it is of."""
    return sys._getframe(2).f_code in _OF_TYPE


def is_searched() -> bool:
    """Whether torch, which asks the tracker now, looks for the value in a list.

    For a constant it compares objects, and takes items that are no constants for unequal.
    """
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename == lazy.__file__:
        frame = frame.f_back
    return frame.f_code is _SEARCH


def wanted_text() -> str:
    """Whether the value, or what holds it, is wanted for a text.

    Returns:
        ``"now"`` while tracing, ``"later"`` if torch can put it off until the graph runs, "" if
        it is wanted for something else.
    """
    frame = sys._getframe(2).f_back
    while frame is not None:
        code = frame.f_code
        if code is _LATER:
            return "later"
        if code in _NOW:
            return "now"
        if code is _CALL:
            function = getattr(frame.f_locals.get("self"), "fn", None)
            return "now" if function in _TEXT_OF else ""
        if code.co_name == "step":
            break
        frame = frame.f_back
    return ""
