"""``case Kind(part, name=part)`` and ``case {key: part}``: what patterns ask without a guard.

Of the first torch asks the class of the value instead of the one in the pattern, takes every class
for one whose values are matched as they are, and raises where Python says that the pattern does not
match. The second begins with how many items there are, which it reads off a dict of literals, and
goes on with ``get``, in the place of which torch indexes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo import symbolic_convert
from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.instructions import WrappedInstructions
from vartrack.core.wrapping.replacing import replaced
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.noting.ledger import Ledger, current, puts_right
from vartrack.soundness.reading.lookups import has_of_user

__all__ = ["INSTRUCTIONS"]


_OF_DICTS = (ConstDictVariable, UserDefinedObjectVariable)
#: A flag of numbers, texts and containers, and of classes derived from them (CPython's
#: ``Include/object.h``: ``_Py_TPFLAGS_MATCH_SELF``).
_MATCHED_AS_A_WHOLE = 1 << 22
#: What of a mapping says what a pattern is held against: Python asks the first, torch the others.
_GETTING = ("get", "__getitem__", "__contains__")


def _parts(
    subject: object, kind: Any, count: int, names: Sequence[str]
) -> tuple[object, ...] | None:
    """What the parts of the pattern are held against; None if it does not match. It is traced."""
    if not isinstance(kind, type):
        raise TypeError("called match pattern must be a class")
    if not isinstance(subject, kind):
        return None
    is_whole, wanted = _by_place(kind, count)
    found: list[object] = [subject] if is_whole else []
    asked: list[str] = []
    for name in (*wanted, *names):
        if name in asked:
            raise TypeError(f"{kind.__name__}() got multiple sub-patterns for attribute {name!r}")
        asked.append(name)
        try:
            found.append(getattr(subject, name))
        except AttributeError:
            return None
    return tuple(found)


def _by_place(kind: Any, count: int) -> tuple[bool, tuple[Any, ...]]:
    """Whether the first part is the value itself, and the attributes that parts by place are of."""
    if not count:
        return False, ()
    names: Any = ()
    is_whole = False
    if hasattr(kind, "__match_args__"):
        names = kind.__match_args__
        if not isinstance(names, tuple):
            given = type(names).__name__
            raise TypeError(f"{kind.__name__}.__match_args__ must be a tuple (got {given})")
    else:
        is_whole = bool(kind.__flags__ & _MATCHED_AS_A_WHOLE)
    most = 1 if is_whole else len(names)
    if count > most:
        parts = "sub-pattern" if most == 1 else "sub-patterns"
        raise TypeError(f"{kind.__name__}() accepts {most} positional {parts} ({count} given)")
    for name in names[:count]:
        if not isinstance(name, str):
            raise TypeError(f"__match_args__ elements must be strings (got {type(name).__name__})")
    return is_whole, names[:count]


class _Lacking:
    """Stands for what a mapping lacks."""


def _values(subject: Any, keys: Sequence[object]) -> tuple[object, ...] | None:
    """What the ``get`` of a mapping gives for ``keys``; None if it lacks one. It is traced."""
    get = subject.get
    found: list[object] = []
    asked: list[object] = []
    for key in keys:
        if key in asked:
            raise ValueError(f"mapping pattern checks duplicate key ({key!r})")
        asked.append(key)
        value = get(key, _Lacking)
        if value is _Lacking:
            return None
        found.append(value)
    return tuple(found)


def _is_got(subject: Any) -> bool:
    """Whether a mapping has another ``get`` than one that gives what indexing does."""
    if not issubclass(type(subject), UserDefinedObjectVariable):
        return False
    cls = subject.python_type()
    ledger = current()
    if ledger is not None and ledger.holds("classes"):
        ledger.classes.look(cls, *_GETTING)
    return not issubclass(cls, dict) or has_of_user(cls, *_GETTING)


def _found(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @functools.wraps(own)
    def match(tx: Any, inst: Any) -> None:
        subject, keys = tx.stack[-2].realize(), tx.stack[-1].realize()
        if not puts_right() or not keys.items or not _is_got(subject):
            own(tx, inst)
            return
        with replaced(symbolic_convert, "impl_MATCH_KEYS", _values):
            own(tx, inst)

    return match


def _matched(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @functools.wraps(own)
    def match(tx: Any, inst: Any) -> None:
        if not puts_right():
            own(tx, inst)
            return
        with replaced(symbolic_convert, "impl_MATCH_CLASS", _parts):
            own(tx, inst)

    return match


def _rely_on_length(ledger: Ledger, subject: Any, least: int | None) -> None:
    name = name_of(subject.source)
    if name is None or not issubclass(type(subject), _OF_DICTS):
        return
    if issubclass(subject.python_type(), dict):
        text, ask = f"how many items {name} holds", dict.__len__
        if least is not None:
            text, ask = f"whether {name} holds {least} items", functools.partial(_has, least)
        ledger.sourced.asked("containers", text, text, [subject.source], ask)


def _has(least: int, subject: dict[Any, Any]) -> bool:
    return dict.__len__(subject) >= least


def _compared_with(tx: Any) -> int | None:
    """What the length is compared with by ``>=``, as a pattern of keys does; None if not so."""
    at = tx.instruction_pointer
    number, compare = tx.instructions[at : at + 2]
    is_at_least = compare.opname == "COMPARE_OP" and compare.argval == ">="
    return number.argval if is_at_least and type(number.argval) is int else None


def _measured(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @functools.wraps(own)
    def get_length(tx: Any, inst: Any) -> None:
        ledger = current()
        if ledger is not None:
            _rely_on_length(ledger, tx.stack[-1].unwrap(), _compared_with(tx))
        own(tx, inst)

    return get_length


def _refused(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Up to 2.11 torch dies of patterns over all but dicts, tuples and lists."""

    @functools.wraps(own)
    def match(tx: Any, inst: Any) -> None:
        try:
            own(tx, inst)
        except AssertionError as error:
            if not puts_right():
                raise
            unimplemented(
                gb_type="vartrack: a pattern over a value of this type",
                context=f"{inst.opname} of {tx.stack[-1]}",
                explanation="This release of torch traces patterns over its own trackers of dicts, "
                "tuples and lists alone.",
                hints=["Ask with `isinstance` and read the items, or use torch 2.12."],
                from_exc=error,
            )

    return match


INSTRUCTIONS = WrappedInstructions(
    GET_LEN=_measured,
    **{"MATCH_CLASS": _matched, "MATCH_KEYS": _found}
    if hasattr(symbolic_convert, "impl_MATCH_CLASS")
    else dict.fromkeys(("MATCH_MAPPING", "MATCH_SEQUENCE", "MATCH_KEYS"), _refused),
)
