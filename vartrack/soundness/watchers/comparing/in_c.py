"""Values of types written in C that torch reads while tracing: comparisons, hashes, signatures."""

from __future__ import annotations

import enum
import functools
import operator
from types import FunctionType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import OBJECTS
from vartrack.compat.operators import COMPARES
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.comparing import compared
from vartrack.visitors.known_objects import Signatures

__all__ = ["WATCHERS"]

#: What compares the real values.
_COMPARING, _COMPARE = (
    (compared, "richcompare")
    if COMPARES
    else (UserDefinedObjectVariable, hook_name("tp_richcompare_impl"))
)


def _compared(
    ledger: Ledger, result: Any, tracker: Any, tx: Any, other: Any, name: str, *_: Any
) -> None:
    """``value < other``: the real values were compared, and the answer kept."""
    source = name_of(tracker.source)
    found = find(type(tracker.value), name)
    in_c = found is not None and found[0] is not object and type(found[1]) is not FunctionType
    if isinstance(tracker.value, enum.Enum):
        return  # which member it is has a guard of torch's
    if source is None or not in_c or result is None or not result.is_python_constant():
        return
    if plain_inside(tracker) is not None or not isinstance(result.as_python_constant(), bool):
        return  # it is made of parts that have guards, or the other one is asked
    compare = getattr(operator, name)
    if (beside := name_of(other.source)) is not None:
        sources, given = [tracker.source, other.source], []
    elif other.is_python_constant():
        sources, given = [tracker.source], [other.as_python_constant()]
        beside = repr(given[0])
    else:
        return

    def ask(*values: Any) -> Any:
        return compare(*values, *given)

    text = f"what {name} of {source} and {beside} gives"
    ledger.sourced.asked("values", (name, source, beside), text, sources, ask)


def _asked_first(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, name: str, *more: Any
) -> Any:
    """What comparing in C raises, as `Decimal("sNaN") == 1` does, torch takes for no answer."""
    found = find(type(tracker.value), name)
    if found is not None and found[0] is not object and type(found[1]) is not FunctionType:
        compared.refuse_what_raises(tracker, other, name)
    return own(tracker, tx, other, name, *more)


def _signature(ledger: Ledger, visitor: Any, ctx: Any, value: Any, *_: Any, **__: Any) -> None:
    """torch takes it for that of a function that has guards itself, and guards nothing below."""
    name = name_of(ctx.source)
    if name is not None:
        text = f"that {name} is the same signature"
        ledger.sourced.rely("values", ("signature", name), text, [ctx.source], _same_signature)


def _same_signature(value: Any) -> Holds:
    return lambda now: now is value or now == value


def _hash(ledger: Ledger, builtin: Any, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """``hash(value)``: torch asks the real one, and keeps what it says."""
    ledger.when_read(tracker, functools.partial(_hashed, ledger))


def _hashed(ledger: Ledger, tracker: Any) -> None:
    if type(tracker) not in OBJECTS or plain_inside(tracker) is not None:
        return
    name, found = name_of(tracker.source), find(type(tracker.value), "__hash__")
    if found is None or found[0] is object:
        return
    # if it is None, no value of this type has a hash
    if name is not None and found[1] is not None and type(found[1]) is not FunctionType:
        text = f"the hash of {name}"
        ledger.sourced.asked("values", text, text, [tracker.source], hash)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(Signatures, "tracker", "values", _signature, subclasses=False),
    Watcher(BuiltinVariable, "call_hash", "values", _hash, needed=False),
    Watcher(_COMPARING, _COMPARE, "values", after=_compared),
    *(
        Watcher(_COMPARING, _COMPARE, "tracing", instead=_asked_first, subclasses=False)
        for _ in (() if COMPARES else (1,))
    ),
)
