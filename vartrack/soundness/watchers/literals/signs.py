"""Zeros: 0.0 and -0.0 are equal, which is all that torch asks, and not the same."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any

import torch
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch.fx.experimental.sym_node import SymNode

from vartrack.core import pipeline
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _built(ledger: Ledger, tracker: Any, ctx: Any, value: Any) -> None:
    kind = type(value)
    if kind is float:
        if type(tracker) is SymNodeVariable and (name := name_of(ctx.source)) is not None:
            ledger.floats[name] = ctx.source
        if value or type(tracker) is not ConstantVariable:
            return
    elif kind is not complex or (value.real and value.imag):
        return
    name = name_of(tracker.source)
    if name is not None and not _is_option_of_torch(ledger, tracker.source):
        _rely(ledger, name, tracker.source, _sign if kind is float else _signs)


def _rely(ledger: Ledger, name: str, source: Any, ask: Callable[[Any], Any]) -> None:
    key, text = ("sign", name), f"the sign of {name}"
    ledger.sourced.asked("values", key, text, [source], ask, lasting=True)


def _evaluated(ledger: Ledger, own: Any, tracker: Any, *args: Any) -> Any:
    """A number that varies is settled on zero: that of its value, of which the symbol has no sign.

    Of one that is worked out the sign is that of those that it may be worked out of.
    """
    return _with_sign(ledger, own(tracker, *args), tracker.sym_num.node)


def _made_float(ledger: Ledger, own: Any, node: Any, *args: Any) -> Any:
    """The same where a function in the graph takes no symbol, such as `math.copysign`."""
    return _with_sign(ledger, own(node, *args), node)


def _with_sign(ledger: Ledger, value: Any, node: Any) -> Any:
    if type(value) is not float or value:
        return value
    for name, source in ledger.floats.items():
        _rely(ledger, name, source, _sign)
    now = node.hint
    return copysign(value, now) if type(now) is float else value


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


WATCHERS: tuple[Watcher, ...] = (
    Watcher(pipeline, "_sourced", "values", after=_built),
    Watcher(SymNodeVariable, "evaluate_expr", "values", instead=_evaluated),
    Watcher(SymNode, "guard_float", "values", instead=_made_float),
)
