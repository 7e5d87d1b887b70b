"""Keys of one hash, which torch tells apart, or takes for one, without asking them."""

from __future__ import annotations

import dataclasses
import operator
from typing import Any

from torch._dynamo.exc import UserError, unimplemented
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.user_defined import (
    FrozenDataClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat.names import LAZY, OBJECTS
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.visitors.enum_members import TracedMemberVariable
from vartrack.soundness.watchers.comparing.identity import answer_of

__all__ = ["WATCHERS", "asked"]

_EQUAL = BuiltinVariable(operator.eq)
#: Trackers of objects that are asked by tracing.
_OBJECTS = OBJECTS | {TracedMemberVariable, UnspecializedNNModuleVariable}


def _equal(ledger: Ledger, own: Any, constant: Any, other: Any) -> Any:
    """A key is found by its identity too, as one that is not equal to itself."""
    if isinstance(other, ConstantVariable) and constant.value is other.value:
        return True
    if type(other) in LAZY:
        other = other.realize()
    if type(other) in _OBJECTS:
        return _has_equality(other) and asked(ledger, constant, other)
    return own(constant, other)


def _alike(ledger: Ledger, own: Any, tracker: Any, other: Any) -> Any:
    """Keys with one hash, which torch tells apart unless they are one object."""
    if type(other) in LAZY:
        other = other.realize()
    if type(tracker) is FrozenDataClassVariable and not _is_by_fields(ledger, tracker):
        return _asked_or_one(ledger, tracker, other)
    if type(tracker) not in _OBJECTS:
        return own(tracker, other)
    if isinstance(other, ConstantVariable):
        return _has_equality(tracker) and asked(ledger, tracker, other)
    result = own(tracker, other)
    if result or type(other) not in _OBJECTS:
        return result
    if not _has_equality(tracker) and not _has_equality(other):
        return False
    return _asked_or_one(ledger, tracker, other)


def _asked_or_one(ledger: Ledger, tracker: Any, other: Any) -> bool:
    """Whether they are equal, or one: each is equal to itself, whatever it says."""
    return asked(ledger, tracker, other) or bool(answer_of(ledger, tracker, other))


def _is_by_fields(ledger: Ledger, tracker: Any) -> bool:
    """Whether objects of a frozen dataclass are equal if all of their fields are, as torch has it.

    They are if it has the method that `dataclasses` makes for it, and no field is left out.
    """
    cls = type(tracker.value)
    if ledger.holds("classes"):
        ledger.classes.look(cls, "__eq__", guarded=False)
    found = find(cls, "__eq__")
    code = None if found is None else getattr(found[1], "__code__", None)
    if code is None or code.co_filename != "<string>":
        return found is None
    return {"__class__", *(field.name for field in dataclasses.fields(cls))} == {*code.co_names}


def _has_equality(tracker: Any) -> bool:
    """Whether its class has an `__eq__` of its own."""
    found = find(type(tracker.value), "__eq__")
    return found is not None and found[0] is not object


def asked(ledger: Ledger, one: Any, other: Any) -> bool:
    """What Python asks then: whether the two are equal."""
    tx = ledger.output().current_tx
    cause, answer = None, _EQUAL.call_function(tx, [one, other], {}).realize()
    try:
        answer = specialize_symnode(answer)
    except UserError as error:  # it depends on what is in a tensor
        cause = error
    if not answer.is_python_constant():
        unimplemented(
            gb_type="vartrack: keys that could be equal",
            context=f"{one} == {other}",
            explanation="Two keys of a dict or set have one hash, and whether they are equal is "
            "not known while tracing.",
            hints=["Use keys whose `__eq__` gives what depends on no tensor."],
            from_exc=cause,
        )
    return bool(answer.as_python_constant())


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ConstantVariable, "is_python_equal", "tracing", instead=_equal, needed=False),
    Watcher(UserDefinedObjectVariable, "is_python_equal", "tracing", instead=_alike, needed=False),
)
