"""Groups of an optimizer, to each of which torch adds a key that some optimizers do not have."""

from __future__ import annotations

from typing import Any

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.optimizer import OptimizerVariable

from vartrack.compat.names import LAZY
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

_KEY = "capturable"


def _added(ledger: Ledger, _: Any, tracker: Any, tx: Any) -> None:
    """The key is taken away again where the group has none."""
    groups = tracker.value.param_groups
    source = tracker.source and AttrSource(tracker.source, "param_groups")
    built = VariableTracker.build(tx, groups, source).realize()
    for group, one in zip(groups, built.items, strict=True):
        held = one.realize() if type(one) in LAZY else one
        for key in [key for key in held.items if key.vt.is_python_constant()]:
            name = key.vt.as_python_constant()
            if name == _KEY and name not in group:
                del held.items[key]


WATCHERS: tuple[Watcher, ...] = (
    # since 2.15 torch asks first
    Watcher(OptimizerVariable, "_set_capturable", "tracing", after=_added, needed=False),
)
