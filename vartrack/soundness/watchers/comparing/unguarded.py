"""Objects that torch takes as they are, without a guard that they stay so, or by an address."""

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

import torch
from torch._dynamo.variables.misc import DelayGraphBreakVariable
from torch._guards import TracingContext
from torch.overrides import TorchFunctionMode

from vartrack.core import pipeline
from vartrack.soundness.facts.remembered import Remembered
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

#: Types of values that are not called, and that torch takes to stay what they are.
_PLAIN = (GetSetDescriptorType, MemberDescriptorType, type(torch.__version__))


def _building(ledger: Ledger, ctx: Any, value: Any) -> None:
    if callable(value) or type(value) in _PLAIN or _is_mode(value):
        ledger.building[id(ctx)] = _count()


def _built(ledger: Ledger, tracker: Any, ctx: Any, value: Any) -> None:
    """A function in C, one that is kept out of the graph, or a class, if nothing guards it.

    What breaks the graph once it is called is only passed on before.
    """
    before = ledger.building.pop(id(ctx), None)
    visitor, source = ctx.visitor, ctx.source
    if visitor is None:
        return
    if "ID_MATCH" in visitor.guarded_by and not _can_be_referred_to(type(value)):
        _note(ledger, source, "object")
    elif (
        before is not None
        and visitor.unguarded
        and before == _count()
        and (type(tracker) is DelayGraphBreakVariable or not isinstance(value, torch.nn.Module))
        and not _is_of_super(value, source)
    ):
        if _is_mode(value) or type(tracker) is DelayGraphBreakVariable:
            _note_type(ledger, source)
        else:
            _note(ledger, source, "function")


def _is_mode(value: Any) -> bool:
    """Whether it is a mode, of which torch guards whether it is in force, and no more."""
    return issubclass(type(value), TorchFunctionMode)


def _note_type(ledger: Ledger, source: Any) -> None:
    name = name_of(source)
    if name is not None and ledger.values_of([source]) is not None:
        text = f"the type of {name}"
        ledger.sourced.asked("identity", ("type", name), text, [source], type)


def _is_of_super(value: Any, source: Any) -> bool:
    """Whether it is the class that a function was written in, which `super` reads of its closure.

    The code of the function has a guard, and each class has its own.
    """
    return issubclass(type(value), type) and getattr(source, "freevar_name", "") == "__class__"


def _note(ledger: Ledger, source: Any, what: str) -> None:
    name = name_of(source)
    if name is not None:
        text = f"that {name} is the same {what}"
        ledger.sourced.rely("identity", (what, name), text, [source], _same, lasting=True)


def _can_be_referred_to(cls: type) -> bool:
    """Whether torch notices that an object is gone, and its address another's."""
    return bool(type.__dict__["__weakrefoffset__"].__get__(cls))


def _count() -> int:
    return len(TracingContext.get().guards_context.dynamo_guards.inner)


def _same(value: Any) -> Holds:
    held, kind, name = Remembered(value), type(value), getattr(value, "__name__", None)
    if isinstance(value, type) or getattr(value, "__self__", None) is None:
        return held.is_

    def holds(value: Any) -> bool:
        # methods in C are made anew whenever they are read
        return held.is_(value) or (type(value) is kind and value.__name__ == name)

    return holds


WATCHERS: tuple[Watcher, ...] = (Watcher(pipeline, "_sourced", "identity", _building, _built),)
