"""Modules: their hooks, and what could hide their parameters, buffers and submodules."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]

_HOOKS = frozenset({"_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"})


def _attribute(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if name in _HOOKS:
        hooks = getattr(tracker.value, name)
        if isinstance(hooks, dict) and not hooks:
            ledger.modules.without_hooks(tracker.value, name, hooks)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        UnspecializedNNModuleVariable, hook_name("tp_getattro_impl"), "modules", _attribute
    ),
)
