"""Frozen objects under watch: a change is an error that says where it was made, or of what."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import nn
from torch._dynamo.eval_frame import skip_code
from torch._dynamo.exc import ShortenTraceback

from vartrack.bases.content import content_key
from vartrack.core.texts.wording import worded
from vartrack.core.user_code.stored import attributes
from vartrack.errors import FrozenError

__all__ = ["is_watched", "look", "wanted", "watch"]

#: The environment variable that has all frozen objects watched.
VARIABLE = "VARTRACK_DEBUG_FROZEN"

#: The classes and objects under watch.
_classes: weakref.WeakSet[type] = weakref.WeakSet()
_objects: set[int] = set()
#: Classes whose attributes cannot be set unnoticed.
_noticing: weakref.WeakSet[type] = weakref.WeakSet()
#: Objects whose class is still making them, with how deep it is in doing so.
_being_made: dict[int, int] = {}
#: What objects held when they were first looked at.
_seen: dict[int, dict[str, _Part]] = {}
_BROKEN = (
    "An object that is declared to be frozen, and watched, is changed by this line. "
    "Do not change it, or do not declare it."
)


def wanted(debug: bool | None) -> bool:
    """Whether to watch: as it was said, or as the environment has it."""
    return os.environ.get(VARIABLE) == "1" if debug is None else debug


def watch(target: Any) -> None:
    """Have changes of ``target``, or of the instances of that class, be errors."""
    if isinstance(target, type):
        _classes.add(target)
        _notice(target)
    else:
        _objects.add(id(target))
        weakref.finalize(target, _objects.discard, id(target))
        _notice(type(target))


def is_watched(value: Any) -> bool:
    """Whether a change of ``value`` is an error."""
    return type(value) in _classes or id(value) in _objects


def _notice(cls: type) -> None:
    """Put a look before what sets and deletes attributes in ``cls``."""
    if cls in _noticing:
        return
    _noticing.add(cls)
    for name in ("__setattr__", "__delattr__"):
        setattr(cls, name, _looking(getattr(cls, name)))
    setattr(cls, "__init__", _making(getattr(cls, "__init__")))  # noqa: B009, B010


def _is_apart(owner: Any, name: str, *value: Any) -> bool:
    """Whether it is no part of a module, declared or not: `training`, and tensors."""
    is_tensor = bool(value) and isinstance(value[0], torch.Tensor)
    return isinstance(owner, nn.Module) and (name == "training" or is_tensor)


def _is_of_torch(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == "torch"


def _line_of_program(frame: FrameType) -> FrameType:
    """Where a program does what torch does on its behalf, as with a compiled module."""
    calling: FrameType | None = frame
    while calling is not None and _is_of_torch(calling):
        calling = calling.f_back
    return calling or frame


def _looking(own: Callable[..., None]) -> Callable[..., None]:
    def change(self: Any, name: str, *value: Any) -> None:
        is_made = id(self) not in _being_made
        is_part = is_made and is_watched(self) and not _is_apart(self, name, *value)
        if is_part and not (name.startswith("_") and _is_of_torch(sys._getframe(1))):
            if torch.compiler.is_dynamo_compiling():
                torch._dynamo.graph_break(msg=_BROKEN)  # the line itself is an error then
            code = _line_of_program(sys._getframe(1))
            raise FrozenError(
                "VT214",
                f"{code.f_code.co_filename}:{code.f_lineno} changes {name} of {worded(self)}, "
                "which is declared to be frozen.",
                "do not change it, or do not declare it.",
            )
        own(self, name, *value)

    # so that it is called by the line, and not by what torch makes of it
    skip_code(change.__code__)
    return change


def _making(own: Callable[..., None]) -> Callable[..., None]:
    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        key = id(self)
        _being_made[key] = _being_made.get(key, 0) + 1
        try:
            own(self, *args, **kwargs)
        finally:
            _being_made[key] -= 1
            if not _being_made[key]:
                del _being_made[key]

    return make


def look(value: Any) -> None:
    """Compare what a watched object holds with what it held when it was first looked at.

    Raises:
        FrozenError: it is something else.
    """
    key, held = id(value), _content(value)
    before = _seen.get(key)
    if before is None:
        _seen[key] = held
        weakref.finalize(value, _seen.pop, key, None)
        return
    for name in {**before, **held}:
        was, now = before.get(name, _MISSING), held.get(name, _MISSING)
        if was.key != now.key:
            raise FrozenObjectChanged(
                "VT214",
                f"{name} of {worded(value)}, which is declared to be frozen, was {was.text} and "
                f"is {now.text}.",
                "do not change it, or do not declare it.",
            )


class FrozenObjectChanged(ShortenTraceback, FrozenError):
    """A change that is found while compiling: no graph break, and no error of torch's own."""

    def __init__(self, *told: str) -> None:
        ShortenTraceback.__init__(self, *told, first_useful_frame=None)


class _Part(NamedTuple):
    """What an attribute holds, to be compared and in a message."""

    key: Any
    text: str


_MISSING = _Part(None, "missing")


def _content(value: Any) -> dict[str, _Part]:
    """By name what each attribute holds, those of the submodules of a module too."""
    owners = value.named_modules() if isinstance(value, nn.Module) else [("", value)]
    return {
        f"{place}.{name}".lstrip("."): _Part(_key(part), worded(part))
        for place, owner in owners
        for name, part in attributes(owner).items()
        if not _is_apart(owner, name, part)
    }


def _key(part: Any) -> Any:
    try:
        return content_key(part)
    except TypeError:  # a tensor, a module, and what else cannot be read
        return f"the {type(part).__name__} at {id(part):#x}"
