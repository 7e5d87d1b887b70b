"""``format(value, spec)``, of which torch takes the value for the text that is filled in."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.folding import raise_in_program
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _formatted(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, value: Any, *rest: Any, **named: Any
) -> VariableTracker:
    """As ``"{:spec}".format(value)``, which torch has right."""
    result: VariableTracker
    if builtin.fn is not format or len(rest) > 1 or named:
        result = own(builtin, tx, value, *rest, **named)
        return result
    spec = rest[0].as_python_constant() if rest else ""
    try:
        if type(value) is ConstantVariable:
            return ConstantVariable.create(format(value.value, spec))
        if "{" in spec or "}" in spec:  # in a text it would be taken for a place to fill in
            result = value.call_method(tx, "__format__", [ConstantVariable.create(spec)], {})
        else:
            result = own(builtin, tx, ConstantVariable.create(f"{{:{spec}}}"), value)
    except (TypeError, ValueError) as error:
        raise_in_program(tx, error)
    return result


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_format", "tracing", instead=_formatted, needed=False),
)
