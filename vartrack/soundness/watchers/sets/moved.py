"""`len` of a dict or set with keys that Python does not find any more: it asks for none of them."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import LAZY
from vartrack.soundness.facts.fact import NOTHING
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.visitors.moved_keys import first_moved

__all__ = ["WATCHERS"]

_BY_HASH = (dict, set, frozenset, OrderedDict, defaultdict)


def _counted(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``len(items)``: of such a container nothing is built for it."""
    if len(args) == 1 and not kwargs and _has_moved(ledger, args[0]):
        source = args[0].original_source()
        length = len(args[0].original_value())
        text = f"how many items {name_of(source)} has"
        ledger.sourced.asked("containers", text, text, [source], _length)
        return ConstantVariable.create(length)
    return own(builtin, tx, args, kwargs)


def _has_moved(ledger: Ledger, tracker: Any) -> bool:
    if type(tracker) not in LAZY or waits(tracker) or tracker.is_realized():
        return False
    value = tracker.original_value()
    if type(value) not in _BY_HASH or name_of(tracker.original_source()) is None:
        return False
    return first_moved(value) is not NOTHING


def _length(value: Any) -> Any:
    return type(value), len(value)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        *(BuiltinVariable, "call_function", "tracing"),
        instead=_counted,
        subclasses=False,
        of=(len,),
    ),
)
