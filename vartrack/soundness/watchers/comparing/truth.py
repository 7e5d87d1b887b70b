"""Whether a dict is empty: torch takes an empty one for a constant, without a guard.

The view of an empty one, `if table.keys():`, is true to torch since 2.13, and an empty `Counter` or
other dict of a subclass to torch up to 2.11.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo import symbolic_convert
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.attempts import attempt, is_traceable
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.compat.hooks import ASKS_TRUTH, JUMPS_BY_VALUE
from vartrack.compat.instructions import JUMPS, Instructions, jump
from vartrack.compat.making import bound_method
from vartrack.compat.names import object_protocol
from vartrack.core.wrapping.wrappers import Table, Wrappers
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, current, puts_right
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.themselves import asked_itself, has_own_methods
from vartrack.soundness.watchers.comparing.asked_themselves import given

__all__ = ["JUMPING", "MEMBERS", "WATCHERS"]

_TRACKERS = (ConstDictVariable, UserDefinedObjectVariable)


def _rely_on_truth(ledger: Ledger, tracker: Any) -> None:
    tracker = tracker.unwrap()
    name = name_of(tracker.source)
    if name is None or not issubclass(type(tracker), _TRACKERS):
        return
    if issubclass(tracker.python_type(), dict):
        text = f"whether {name} is empty"
        ledger.sourced.asked("containers", text, text, [tracker.source], _is_empty)


def _is_empty(value: Any) -> bool:
    return not dict.__len__(value)


def _asked_by_protocol(ledger: Ledger, tx: Any, tracker: Any, *_: Any) -> None:
    _rely_on_truth(ledger, tracker)


def _said_by(ledger: Ledger, tx: Any, tracker: Any) -> bool | None:
    """Whether a member of an enum that is a number or text too is true, by a `__bool__` in Python.

    torch asks it, and constants of pytree, as they are, and traces nothing; None of anything else.
    """
    member = asked_itself(tracker)
    if member is None:
        return None
    cls = type(member.value)
    found = find(cls, "__bool__") or find(cls, "__len__")
    if found is None or type(found[1]) is not FunctionType:
        return None
    if not is_traceable(found[1].__code__):
        return None
    ledger.classes.look(cls, "__bool__", "__len__")
    ask = functools.partial(bound_method(found[1], member, None).call_function, tx, [], {})
    said = attempt(tx, found[1].__code__, ask)
    return bool(said.as_python_constant()) if said.is_python_constant() else None


def _before_member(tx: Any, inst: Any) -> bool:
    """A jump by the truth of such a member."""
    ledger = current()
    if ledger is None:
        return False
    if not puts_right():
        if (member := asked_itself(tx.stack[-1])) and has_own_methods(type(member.value)):
            given(ledger, bool, member.value)
        return False
    said = _said_by(ledger, tx, tx.stack[-1])
    if said is None:
        return False
    jump(tx, inst, said)
    return True


def _told_by_member(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``not member`` and ``bool(member)``."""
    said = _said_by(ledger, tx, args[0]) if len(args) == 1 and not kwargs else None
    if said is None:
        return own(builtin, tx, args, kwargs)
    return ConstantVariable.create(not said if builtin.fn is operator.not_ else said)


def _asked_by_function(ledger: Ledger, _: Any, tx: Any, args: Any, *__: Any, **___: Any) -> None:
    for each in args:
        _rely_on_truth(ledger, each)


def _taken_as_constant(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """By a jump, or where it is empty, so that there is no more to know of it."""
    if asked() is Intent.TRUTH or (asked() not in _NOT_TAKEN and _has_nothing(tracker)):
        _rely_on_truth(ledger, tracker)


#: What for a constant is asked, and nothing depends on what it holds.
_NOT_TAKEN = frozenset({Intent.WRITING, Intent.INLINING, Intent.PASSING})


def _has_nothing(tracker: Any) -> bool:
    inside = getattr(tracker, "_base_vt", tracker)  # of an ordered one, say, what is a plain dict
    return issubclass(type(inside), ConstDictVariable) and not inside.items


class _Answer(ConstantVariable):
    """Whether a value is true; for a jump, which asks that of the tracker."""

    def __bool__(self) -> bool:
        return bool(self.value)


def _for_jumps(own: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(own)
    def generic_bool(tx: Any, value: Any) -> Any:
        told = own(tx, value)
        return _Answer(told.value) if type(told) is ConstantVariable and puts_right() else told

    return generic_bool


def _before_jump(tx: Any, inst: Any) -> bool:
    """Note what a jump asks; done here where torch takes what has no ``__bool__`` for true."""
    ledger = current()
    if ledger is None or not ledger.holds("containers"):
        return False
    value = tx.stack[-1]
    if type(value) is LazyVariableTracker and (
        value.is_realized() or issubclass(type(value.original_value()), dict)
    ):
        value = value.realize()  # as torch is about to
    _rely_on_truth(ledger, value)
    value = value.unwrap()
    if not (puts_right() and _is_measured_in_c(value)):
        return False
    length = BuiltinVariable(len).call_function(tx, [value], {})
    if type(length) is not ConstantVariable:
        return False
    jump(tx, inst, bool(length.value))
    return True


def _is_measured_in_c(tracker: Any) -> bool:
    """Whether it is of a class of dicts that leaves to C how long they are."""
    if not issubclass(type(tracker), UserDefinedObjectVariable):
        return False
    cls = tracker.python_type()
    if not issubclass(cls, dict) or find(cls, "__bool__") is not None:
        return False
    return find(cls, "__len__") == (dict, dict.__len__)


#: What is put in place where jumps ask.
JUMPING: Table = (
    Instructions(**dict.fromkeys(JUMPS, _before_jump))
    if JUMPS_BY_VALUE
    else Wrappers((symbolic_convert, ASKS_TRUTH, _for_jumps))
)
#: And where a jump is by a member of an enum.
MEMBERS: Table = Instructions(**dict.fromkeys(JUMPS, _before_member))
WATCHERS: tuple[Watcher, ...] = (
    Watcher(object_protocol, ASKS_TRUTH, "containers", _asked_by_protocol, needed=False),
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        instead=_told_by_member,
        subclasses=False,
        of=(bool, operator.not_, operator.truth),
    ),
    Watcher(
        BuiltinVariable,
        "call_function",
        "containers",
        _asked_by_function,
        subclasses=False,
        of=(bool, operator.not_, operator.truth),
    ),
    *(
        Watcher(cls, "as_python_constant", "containers", _taken_as_constant, needed=False)
        for cls in _TRACKERS
    ),
)
