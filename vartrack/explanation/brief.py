"""A value in a few characters, and never one of the environment."""

from __future__ import annotations

import enum
import types
from pathlib import Path
from typing import Any

import torch

from vartrack.explanation.environment import without_environment

__all__ = ["brief", "where_defined"]

_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
_TENSORS = (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)
_CONTAINERS = (list, tuple, dict, set, frozenset)
_KEYED = (dict, set, frozenset)
_NAMED = (types.FunctionType, types.BuiltinFunctionType, type)
#: A brief form is never longer than this.
_BRIEF = 40


def brief(value: Any) -> str:
    """``value`` in a few characters if it is of a kind that has such a form, else "".

    No code of the value's own class is run, so that asking changes nothing.
    """
    cls = type(value)
    try:
        if cls in _PLAIN:
            text = repr(value)
        elif cls in _TENSORS:
            where = "" if value.device.type == "cpu" else f" {value.device}"
            text = f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}{where}"
        elif cls in _CONTAINERS:
            text = "1 item" if len(value) == 1 else f"{len(value)} items"
            if cls in _KEYED and value and all(type(key) is str for key in value):
                keys = value if cls is dict else sorted(value)  # a set has no order
                text += f": {', '.join(map(repr, keys))}"
        elif cls in _NAMED:
            text = f"{value.__module__}.{value.__qualname__}".removeprefix("builtins.")
            if cls is types.FunctionType and "<" in value.__qualname__:  # there may be several
                text += f" ({where_defined(value.__code__)})"
        elif cls is types.ModuleType:
            text = value.__name__
        elif enum.Enum in type.mro(cls):
            text = f"{cls.__qualname__}.{object.__getattribute__(value, '_name_')}"
        else:
            return ""
    except Exception:  # a damaged object, or an int of more digits than Python prints
        return ""
    if cls in _NAMED or cls is types.ModuleType:
        return text
    text = without_environment(text)
    return text if len(text) <= _BRIEF else text[: _BRIEF - 1] + "…"


def where_defined(code: types.CodeType) -> str:
    """The file and line of ``code``, without the folder."""
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}"
