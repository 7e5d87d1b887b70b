"""What is no key, and what is no mapping: torch takes one for missing, and the other for pairs."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import Unsupported
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.instructions import WrappedInstructions
from vartrack.compat.names import LAZY, AnySetVariable, is_hashable
from vartrack.soundness.hooking import Watcher, before_methods
from vartrack.soundness.ledger import Ledger, puts_right
from vartrack.soundness.lookups import find

__all__ = ["INSTRUCTIONS", "WATCHERS", "has_keys"]

#: Methods of dicts and sets that take a key, and take one that has no hash for one that is missing.
_BY_KEY = frozenset({"get", "pop", "setdefault", "discard", "remove", "__contains__"})
#: Instructions that put the items of a mapping into a new dict.
_UNPACKING = frozenset({"DICT_UPDATE", "DICT_MERGE"})


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name in _BY_KEY and args:
        _hashable(tx, args[0])
        if name == "discard" and ledger.guards and type(args[0]) in LAZY:
            args[0].realize()  # one that is not found would have no guard
    if name == "update" and tx.current_instruction.opname in _UNPACKING:
        _unpacked_mapping(tx, *args)


def _hashable(tx: Any, key: Any) -> None:
    if not is_hashable(key):
        kind = key.python_type_name()
        raise_in_program(tx, TypeError(f"unhashable type: '{kind}'"))


def _looked_for(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """``[1] in keys``: up to 2.12 torch goes through the keys then, and finds none."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        if puts_right() and isinstance(tx.stack[-1].realize(), (ConstDictVariable, AnySetVariable)):
            with contextlib.suppress(Unsupported):  # where torch does not know, it goes on
                _hashable(tx, tx.stack[-2])
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
        lacking = not has_keys(tx, asked)
    else:
        lacking = find(cls, "keys") is None and find(cls, "__getattr__") is None
    if lacking:
        text = f"'{cls.__name__}' object is not a mapping"
        raise_in_program(tx, TypeError(text))


def has_keys(tx: Any, operand: Any) -> bool:
    """Whether an object has ``keys``, by its class or by itself."""
    return bool(operand.call_obj_hasattr(tx, "keys").as_python_constant())


INSTRUCTIONS = WrappedInstructions(
    **({"CONTAINS_OP": _looked_for} if behaviour.LOOKS_THROUGH_KEYS else {})
)
WATCHERS: tuple[Watcher, ...] = (
    *before_methods("tracing", {ConstDictVariable: _method, AnySetVariable: _method}),
)
