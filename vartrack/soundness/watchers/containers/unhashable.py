"""What is no key, what is no mapping, and what a dict takes of one that is.

torch takes the first for missing, and the second for pairs. Of a subclass of dict Python takes what
is stored, whatever ``keys`` and ``items`` the class has, unless the class is gone through in a way
of its own, or an `OrderedDict` takes it. Of any other object it takes what indexing gives for one
of its ``keys()``, and pairs only of what has no ``keys``.
"""

from __future__ import annotations

import contextlib
import functools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from torch._dynamo.exc import Unsupported
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.misc import NullVariable
from torch._dynamo.variables.user_defined import UserDefinedDictVariable, UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.objects.merging import merged_by_keys
from vartrack.compat import behaviour
from vartrack.compat.containers import plain_inside
from vartrack.compat.instructions import WrappedInstructions
from vartrack.compat.names import LAZY, AnySetVariable, is_hashable
from vartrack.compat.taking import Operands
from vartrack.soundness.hooks.hooking import Watcher, before_methods
from vartrack.soundness.noting.ledger import Ledger, current, puts_right
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find, has_of_user, mro_of
from vartrack.soundness.reading.type_names import call_in_words
from vartrack.soundness.watchers.containers.contents import rely_on_keys

__all__ = ["INSTRUCTIONS", "OPERANDS", "WATCHERS"]

_FROZEN = BuiltinVariable(frozenset)
_BY_HASH = (ConstDictVariable, AnySetVariable)
#: Methods of dicts and sets that take a key, and take one that has no hash for one that is missing.
_BY_KEY = frozenset({"get", "pop", "setdefault", "discard", "remove", "__contains__"})
#: Instructions that put the items of a mapping into a new dict.
_UNPACKING = frozenset({"DICT_UPDATE", "DICT_MERGE"})

#: What Python, or torch in its place, asks a class for.
_ASKED = ("__iter__", "keys", "__getitem__")
_ASKED_BY_TORCH = (*_ASKED, "items")


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name in _BY_KEY and args:
        if _is_set_in_set(tracker, args[0]):
            args[0] = _FROZEN.call_function(tx, [args[0]], {})
        _hashable(tx, args[0])
        if name == "discard" and ledger.guards and type(args[0]) in LAZY:
            args[0].realize()  # one that is not found would have no guard
    if name == "update" and tx.current_instruction.opname in _UNPACKING:
        _unpacked_mapping(tx, *args)


def _is_set_in_set(container: Any, key: Any) -> bool:
    """Whether a set is looked for in one: Python looks for a frozen one of the same items."""
    return isinstance(container, AnySetVariable) and type_at_hand(key) is set


def _hashable(tx: Any, key: Any) -> None:
    if not is_hashable(key):
        kind = key.python_type_name()
        raise_in_program(tx, TypeError(f"unhashable type: '{kind}'"))


def _looked_for(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """``[1] in keys``: up to 2.12 torch goes through the keys then, and finds none."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        key, container = tx.stack[-2], tx.stack[-1]
        if not puts_right() or not isinstance(container.realize(), _BY_HASH):
            pass
        elif _is_set_in_set(container.realize(), key):
            tx.stack[-2] = _FROZEN.call_function(tx, [key], {})
        else:
            with contextlib.suppress(Unsupported):  # where torch does not know, it goes on
                _hashable(tx, key)
        own(tx, inst)

    return call


def _unpacked_mapping(tx: Any, arg: Any) -> None:
    """``{**value}``, for which torch takes pairs as well."""
    try:
        cls = arg.python_type()
    except NotImplementedError:
        return
    asked = arg.realize()
    if isinstance(asked, UserDefinedObjectVariable):
        lacking = not _has_keys(tx, asked)
    else:
        lacking = find(cls, "keys") is None and find(cls, "__getattr__") is None
    if lacking:
        raise_in_program(tx, TypeError(_no_mapping(tx, cls)))


def _no_mapping(tx: Any, cls: type) -> str:
    """What Python says of ``{**value}``, and of ``function(**value)``: then ``args`` are below."""
    if tx.current_instruction.opname == "DICT_MERGE":
        below = (each for each in reversed(tx.stack[:-2]) if type(each) is not NullVariable)
        call = call_in_words(next(below).realize())
        if call is not None:
            return f"{call} argument after ** must be a mapping, not {cls.__name__}"
    return f"'{cls.__name__}' object is not a mapping"


def _has_keys(tx: Any, operand: Any) -> bool:
    """Whether an object has ``keys``, by its class or by itself."""
    return bool(operand.call_obj_hasattr(tx, "keys").as_python_constant())


def _as_in_python(tx: Any, operand: VariableTracker, into: type) -> VariableTracker:
    operand = operand.realize()
    own = getattr(operand, "merged", None)  # trackers that are not torch's say it themselves
    if not puts_right() or own is not None or not isinstance(operand, UserDefinedObjectVariable):
        return operand
    cls = type(operand.value)
    if isinstance(operand, UserDefinedDictVariable):
        return _of_dict(tx, operand, cls, into)
    _look(cls, *_ASKED)
    if not _has_keys(tx, operand):
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


def _of_dict(tx: Any, operand: Any, cls: type, into: type) -> VariableTracker:
    found = find(cls, "__iter__")
    by_keys = found is None or found[1] is not dict.__iter__ or issubclass(into, OrderedDict)
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
INSTRUCTIONS = WrappedInstructions(
    **({"CONTAINS_OP": _looked_for} if behaviour.LOOKS_THROUGH_KEYS else {})
)
WATCHERS: tuple[Watcher, ...] = (
    *before_methods("tracing", {ConstDictVariable: _method, AnySetVariable: _method}),
)
