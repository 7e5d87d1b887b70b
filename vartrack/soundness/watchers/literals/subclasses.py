"""What torch gets wrong the first time already: put right, or refused."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListIteratorVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.instructions import WrappedInstructions
from vartrack.compat.names import LAZY, AnySetVariable, UserDefinedConstantVariable, is_hashable
from vartrack.soundness.hooking import Watcher, before_methods
from vartrack.soundness.ledger import Ledger, puts_right
from vartrack.soundness.lookups import find

__all__ = ["INSTRUCTIONS", "WATCHERS"]

#: Types whose subclasses torch takes for a constant, and what reads it past the user's methods.
_CONTENT: dict[type, Any] = {int: int.__int__, float: float.__float__, str: str.__str__}
#: Methods of dicts and sets that take a key, and take one that has no hash for one that is missing.
_BY_KEY = frozenset({"get", "pop", "setdefault", "discard", "remove", "__contains__"})
#: Instructions that put the items of a mapping into a new dict.
_UNPACKING = frozenset({"DICT_UPDATE", "DICT_MERGE"})


def _content(ledger: Ledger, _: Any, tracker: Any, value: Any, *__: Any, **___: Any) -> None:
    """A subclass of a number or text: torch asks its `__str__` or `__int__` for the content."""
    for base, read in _CONTENT.items():
        if isinstance(value, base):
            tracker._base_vt = ConstantVariable.create(read(value))
            return


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
            _hashable(tx, tx.stack[-2])
        own(tx, inst)

    return call


def _unpacked_mapping(tx: Any, arg: Any) -> None:
    """``{**value}``, for which torch takes pairs as well."""
    try:
        cls = arg.python_type()
    except NotImplementedError:
        return
    if find(cls, "keys") is None and find(cls, "__getattr__") is None:
        text = f"'{cls.__name__}' object is not a mapping"
        raise_in_program(tx, TypeError(text))


def _unpacked(ledger: Ledger, _: Any, tracker: Any, tx: Any) -> None:
    """An iterator from outside that is used up is used up outside too."""
    if tracker.source is not None and tracker.is_mutable():
        tracker.index = len(tracker.items)
        tx.output.side_effects.mutation(tracker)


def _formatted(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, *reverse: Any, **options: Any
) -> Any:
    """``'%s' % text``: of a text with a `__str__` of its own that is asked, and not the content."""
    value = tracker.value
    if any(reverse) or options.get("reverse"):
        form = other.as_python_constant() if other.is_python_constant() else None
        if isinstance(form, str) and isinstance(value, str) and "%r" not in form:
            found = find(type(value), "__str__")
            if found is not None and found[0] is not str:
                text = BuiltinVariable(str).call_function(tx, [tracker], {})
                return BuiltinVariable(operator.mod).call_function(tx, [other, text], {})
    return own(tracker, tx, other, *reverse, **options)


def _watch(owner: Any, name: str, before: Any = None, **options: Any) -> Watcher:
    """Where torch has no such function it goes by another, or does not get it wrong."""
    return Watcher(owner, name, "tracing", before, needed=False, **options)


INSTRUCTIONS = WrappedInstructions(
    **({"CONTAINS_OP": _looked_for} if behaviour.LOOKS_THROUGH_KEYS else {})
)
WATCHERS: tuple[Watcher, ...] = (
    # where `%` of it can be told apart, see `_formatted`
    *(
        _watch(UserDefinedConstantVariable, "__init__", after=_content, subclasses=False)
        for _ in {"nb_remainder_impl"}.intersection(dir(UserDefinedObjectVariable))
    ),
    *before_methods("tracing", {ConstDictVariable: _method, AnySetVariable: _method}),
    _watch(UserDefinedObjectVariable, "nb_remainder_impl", instead=_formatted),
    _watch(ListIteratorVariable, "unpack_var_sequence", after=_unpacked),
)
