"""Zeros: 0.0 and -0.0 are equal, which is all that torch asks, and not the same."""

from __future__ import annotations

from math import copysign
from typing import Any

import torch
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.core import pipeline
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import name_of

__all__ = ["WATCHERS"]


def _built(ledger: Ledger, tracker: Any, ctx: Any, value: Any) -> None:
    kind = type(value)
    if kind is float:
        if value or type(tracker) is not ConstantVariable:
            return
    elif kind is not complex or (value.real and value.imag):
        return
    name = name_of(tracker.source)
    if name is not None and not _is_option_of_torch(ledger, tracker.source):
        ask = _sign if kind is float else _signs
        ledger.sourced.asked("values", ("sign", name), f"the sign of {name}", [tracker.source], ask)


def _is_option_of_torch(ledger: Ledger, source: Any) -> bool:
    """Whether it is an attribute of a module of torch's, as ``p`` of a dropout, which has none."""
    base = getattr(source, "base", None)
    found = None if name_of(base) is None else ledger.values_of([base])
    owner = found[0] if found else None
    return isinstance(owner, torch.nn.Module) and type(owner).__module__.startswith("torch.")


def _sign(value: float) -> float:
    return copysign(1.0, value)


def _signs(value: complex) -> tuple[float, float]:
    return copysign(1.0, value.real), copysign(1.0, value.imag)


WATCHERS: tuple[Watcher, ...] = (Watcher(pipeline, "_sourced", "values", after=_built),)
