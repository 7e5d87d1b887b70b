"""Classes of ``torch.autograd.Function``, whose methods torch reads where it needs them."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.misc import AutogradFunctionVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

#: What a call asks the class for: of most of them torch guards nothing where one has a
#: ``setup_context``.
_ASKED = ("apply", "forward", "setup_context", "backward", "vjp", "jvp")


def _applied(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    ledger.classes.look(tracker.fn_cls, *_ASKED)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(AutogradFunctionVariable, "call_apply", "classes", _applied),
)
