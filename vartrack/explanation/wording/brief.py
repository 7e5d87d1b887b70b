"""A value in a few characters, and never one of the environment."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from vartrack.explanation.wording.environment import without_environment

__all__ = ["brief", "where_defined"]

#: A brief form is never longer than this.
_BRIEF = 40


def brief(value: Any) -> str:
    """``value`` in a few characters if it is of a kind that has such a form, else "".

    No code of the value's own class is run, so that asking changes nothing.
    """
    cls = type(value)
    try:
        form = _FORMS.get(cls) or (_member if enum.Enum in type.mro(cls) else None)
        if form is None:
            return ""
        text = form(value)
    except Exception:  # a damaged object, or an int of more digits than Python prints
        return ""
    if cls in _NAMES:
        return text
    text = without_environment(text)
    return text if len(text) <= _BRIEF else text[: _BRIEF - 1] + "…"


def _tensor(value: torch.Tensor) -> str:
    where = "" if value.device.type == "cpu" else f" {value.device}"
    return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}{where}"


def _items(value: Any) -> str:
    return "1 item" if len(value) == 1 else f"{len(value)} items"


def _keys(value: Any) -> str:
    text = _items(value)
    if not value or not all(type(key) is str for key in value):
        return text
    keys = value if type(value) is dict else sorted(value)  # a set has no order
    return f"{text}: {', '.join(map(repr, keys))}"


def _name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}".removeprefix("builtins.")


def _function(value: types.FunctionType) -> str:
    if "<" not in value.__qualname__:
        return _name(value)
    return f"{_name(value)} ({where_defined(value.__code__)})"  # there may be several


def _module(value: types.ModuleType) -> str:
    return value.__name__


def _member(value: enum.Enum) -> str:
    return f"{type(value).__qualname__}.{object.__getattribute__(value, '_name_')}"


#: The forms that are names in the program, which are never cut.
_NAMES: dict[type, Callable[[Any], str]] = {
    types.FunctionType: _function,
    types.BuiltinFunctionType: _name,
    type: _name,
    types.ModuleType: _module,
}
#: The form of values of a type; members of enumerations have one as well.
_FORMS: dict[type, Callable[[Any], str]] = {
    **dict.fromkeys((bool, int, float, complex, str, bytes, type(None)), repr),
    **dict.fromkeys((torch.dtype, torch.device), repr),
    **dict.fromkeys((torch.Tensor, torch.nn.Parameter, torch.nn.Buffer), _tensor),
    **dict.fromkeys((list, tuple), _items),
    **dict.fromkeys((dict, set, frozenset), _keys),
    **_NAMES,
}


def where_defined(code: types.CodeType) -> str:
    """The file and line of ``code``, without the folder."""
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}"
