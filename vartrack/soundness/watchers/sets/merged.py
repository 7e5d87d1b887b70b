"""``{**value}``, ``dict(value)`` and ``update``: what Python takes of an object, and where from.

Of a subclass of dict it takes what is stored, whatever ``keys`` and ``items`` the class has, unless
the class is gone through in a way of its own. Of any other object it takes what indexing gives for
one of its ``keys()``, and pairs only of what has no ``keys``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedDictVariable, UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.objects.merging import merged_by_keys
from vartrack.compat.containers import plain_inside
from vartrack.compat.taking import Operands
from vartrack.soundness.ledger import current, puts_right
from vartrack.soundness.lookups import find, has_of_user, mro_of
from vartrack.soundness.watchers.containers.contents import rely_on_keys
from vartrack.soundness.watchers.containers.unhashable import has_keys

__all__ = ["OPERANDS"]

#: What Python, or torch in its place, asks a class for.
_ASKED = ("__iter__", "keys", "__getitem__")
_ASKED_BY_TORCH = (*_ASKED, "items")


def _as_in_python(tx: Any, operand: VariableTracker) -> VariableTracker:
    operand = operand.realize()
    own = getattr(operand, "merged", None)  # trackers that are not torch's say it themselves
    if not puts_right() or own is not None or not isinstance(operand, UserDefinedObjectVariable):
        return operand
    cls = type(operand.value)
    if isinstance(operand, UserDefinedDictVariable):
        return _of_dict(tx, operand, cls)
    _look(cls, *_ASKED)
    if not has_keys(tx, operand):
        _need_pairs(tx, operand, cls)
    elif (found := find(cls, "keys")) is not None and found[1] is None:
        raise_in_program(tx, TypeError("'NoneType' object is not callable"))
    elif Mapping not in mro_of(cls) or has_of_user(cls, "keys", "items"):
        return merged_by_keys(tx, operand)
    return operand


def _look(cls: type, *names: str) -> None:
    ledger = current()
    if ledger is not None and ledger.holds("classes"):
        ledger.classes.look(cls, *names)


def _of_dict(tx: Any, operand: Any, cls: type) -> VariableTracker:
    found = find(cls, "__iter__")
    by_keys = found is None or found[1] is not dict.__iter__
    _look(cls, *(_ASKED if by_keys else ("__iter__",)))
    if not has_of_user(cls, *_ASKED_BY_TORCH):
        return operand
    if by_keys:
        return merged_by_keys(tx, operand)
    ledger = current()
    if ledger is not None and ledger.holds("containers"):
        rely_on_keys(ledger, operand)
    inside = plain_inside(operand) or operand
    inside.install_dict_keys_match_guard()
    return ConstDictVariable(dict(inside.items), mutation_type=ValueMutationNew())


def _need_pairs(tx: Any, operand: Any, cls: type) -> None:
    """What is gone through by its indices alone need have no end; Python sees the first item."""
    if find(cls, "__iter__") is not None or not has_of_user(cls, "__getitem__"):
        return
    index: Any = VariableTracker.build(tx, 0)
    first = operand.call_method(tx, "__getitem__", [index], {})
    try:
        kind = first.python_type()
    except NotImplementedError:
        return
    if find(kind, "__iter__") is None and find(kind, "__getitem__") is None:
        text = "cannot convert dictionary update sequence element #0 to a sequence"
        raise_in_program(tx, TypeError(text))


#: What stands for an operand, where facts become guards.
OPERANDS = Operands(_as_in_python)
