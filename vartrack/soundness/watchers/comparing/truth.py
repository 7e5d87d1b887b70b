"""Whether a dict is empty: torch takes an empty one for a constant, without a guard.

The view of an empty one, `if table.keys():`, is true to torch 2.13.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo import symbolic_convert
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.compat import behaviour
from vartrack.compat.names import object_protocol
from vartrack.core.wrappers import Wrappers
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger, puts_right
from vartrack.soundness.sourced import name_of

__all__ = ["JUMPS", "WATCHERS"]

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


#: What is put in place where jumps ask.
JUMPS = Wrappers(
    *((symbolic_convert, "generic_bool", _for_jumps),) * behaviour.JUMPS_WHATEVER_IS_TOLD
)
WATCHERS: tuple[Watcher, ...] = (
    Watcher(object_protocol, "generic_bool", "containers", _asked_by_protocol, needed=False),
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
