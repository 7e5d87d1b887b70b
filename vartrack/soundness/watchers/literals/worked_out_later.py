"""What torch leaves to the compiled code: ``name + "."`` of a text that nothing else depends on.

torch guards neither the operands nor the result. No other watcher may ask for the operands then, as
that guards them.
"""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.compat.names import worked_out_later
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import ANY_KIND, Ledger
from vartrack.soundness.watchers.literals.operators import note_operands

__all__ = ["WATCHERS"]


def _called(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    found = None if kwargs else worked_out_later(builtin.fn, args)
    if found is None:
        return own(builtin, tx, args, kwargs)
    note_operands(ledger, builtin.fn, args)
    return found


#: They stand around all others.
WATCHERS: tuple[Watcher, ...] = (
    ()
    if worked_out_later is None
    else (Watcher(BuiltinVariable, "call_function", ANY_KIND, instead=_called, subclasses=False),)
)
