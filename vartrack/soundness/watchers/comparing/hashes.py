"""Hashes that a program asks for: torch takes the number, and guards little of whose it is."""

from __future__ import annotations

import dataclasses
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import (
    FrozenDataClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.known.identity import fitted_hash
from vartrack.compat.hooks import HASHED_BY, TRACES_HASHES, hash_of, read_attribute
from vartrack.compat.names import FrozensetVariable, SlotDef, object_protocol
from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

#: Torch guards which class it is, and what is equal to the others; of containers each item counts.
_GUARDED = (type, int, float, complex, str, bytes, type(None), type(...), tuple, frozenset)


def _begun(ledger: Ledger, tx: Any, tracker: VariableTracker) -> None:
    """The program asks for a hash."""
    ledger.hashing.append((tracker, []))


def _part(ledger: Ledger, tracker: VariableTracker, *_: Any) -> None:
    """The hash of something is taken, maybe for one that the program asked for."""
    if not ledger.hashing:
        return
    _, parts = ledger.hashing[-1]
    parts.append(tracker)
    known: Any = tracker.unwrap()
    if issubclass(type(known), FrozensetVariable):  # it has the hashes of its items already
        for key in known.items:
            _part(ledger, key.vt.unwrap())


def _hashed(ledger: Ledger, result: Any, tx: Any, tracker: VariableTracker) -> None:
    """The program has the number: it depends on what each part of it is."""
    while ledger.hashing:
        of, parts = ledger.hashing.pop()
        if type(result) is ConstantVariable:
            for part in parts:
                _rely(ledger, part)
        if of is tracker:
            return


def _slot_begun(ledger: Ledger, slot: Any, tracker: VariableTracker, tx: Any, *_: Any) -> None:
    """The program calls one of the methods that have a slot."""
    if slot.name == "__hash__":
        _begun(ledger, tx, tracker)


def _slot_answered(
    ledger: Ledger, result: Any, slot: Any, tracker: VariableTracker, tx: Any, *_: Any
) -> None:
    if slot.name == "__hash__":
        _hashed(ledger, result, tx, tracker)


def _base_begun(ledger: Ledger, tracker: VariableTracker, tx: Any, name: str, *_: Any) -> None:
    """It calls a method of a builtin base."""
    if name == "__hash__":
        _begun(ledger, tx, tracker)


def _base_answered(
    ledger: Ledger, result: Any, tracker: VariableTracker, tx: Any, name: str, *_: Any
) -> None:
    if name == "__hash__":
        _hashed(ledger, result, tx, tracker)


def _rely(ledger: Ledger, part: VariableTracker) -> None:
    name = name_of(part.source)
    if name is not None:
        text = f"the hash of {name}"
        ledger.sourced.rely("identity", ("hash", name), text, [part.source], _same_hash, hash)


def _same_hash(value: Any) -> Holds | None:
    """A hash that is written in Python is traced, and what it reads is guarded."""
    if isinstance(value, _GUARDED) or isinstance(type(value).__hash__, FunctionType):
        return None
    number = hash(value)
    return lambda value: hash(value) == number


def _fitted(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> tuple[int, bool]:
    """The number that a ``__hash__`` in Python gave, of which torch would make no constant."""
    number, is_of_this_trace = own(tracker, tx)
    return fitted_hash(number), is_of_this_trace


def _of_frozen(ledger: Ledger, own: Any, tracker: Any, *tx: Any) -> Any:
    """``hash(value)`` of a frozen dataclass, for which torch does what the method made for it does.

    Whatever the class has by now: another method is traced.
    """
    cls = type(tracker.value)
    if ledger.holds("classes"):
        ledger.classes.look(cls, "__hash__", guarded=False)
    found = find(cls, "__hash__")
    if found is None or _is_made_for(cls, found[1]):
        return own(tracker, *tx)
    if TRACES_HASHES:
        return UserDefinedObjectVariable.hash_impl(tracker, *tx)
    return _traced(ledger, own, tracker, found[1])


def _traced(ledger: Ledger, own: Any, tracker: Any, method: Any) -> int:
    """The same where torch traces no hash of a key: this takes the fields, or traces the method."""
    if not isinstance(method, FunctionType):
        return own(tracker)  # type: ignore[no-any-return] # only what is one has to have one hash
    tx = ledger.output().current_tx
    code = method.__code__
    if code.co_filename == "<string>" and code.co_names[:1] == ("hash",):
        fields = [read_attribute(tracker, tx, name).realize() for name in code.co_names[1:]]
        return hash(tuple(hash_of(field, tx) for field in fields))
    answer = specialize_symnode(tracker.call_method(tx, "__hash__", [], {}).realize())
    if not answer.is_python_constant():
        _refuse_hash(type(tracker.value))
    return fitted_hash(answer.as_python_constant())


def _refuse_hash(cls: type) -> None:
    unimplemented(
        gb_type="vartrack: a hash that is not known while tracing",
        context=cls.__qualname__,
        explanation=f"The hash of {with_article(cls)} is needed while tracing, and it "
        "depends on numbers or tensors of the graph.",
        hints=["Let `__hash__` depend on nothing that varies."],
    )


def _is_made_for(cls: type, method: Any) -> bool:
    """Whether it is the hash that `dataclasses` makes of all fields."""
    code = getattr(method, "__code__", None)
    fields = cls.__dataclass_fields__.values()  # type: ignore[attr-defined]
    names = tuple(field.name for field in fields if _is_field(field))
    return code is not None and code.co_names == ("hash", *names) and code.co_argcount == 1


def _is_field(field: dataclasses.Field[Any]) -> bool:
    return field._field_type is dataclasses._FIELD  # type: ignore[attr-defined]


def _compiled(ledger: Ledger, *_: Any, **__: Any) -> None:
    """Tracing is over: what has no hash left its parts behind, and the ledger outlives them."""
    ledger.hashing.clear()


WATCHERS: tuple[Watcher, ...] = (
    # up to 2.12 torch has neither, and works the hash of constants out alone
    Watcher(object_protocol, "generic_hash", "identity", _begun, _hashed, needed=False),
    Watcher(SlotDef, "__call__", "identity", _slot_begun, _slot_answered, needed=False),
    Watcher(
        UserDefinedObjectVariable,
        "call_base_method",
        "identity",
        _base_begun,
        _base_answered,
        needed=False,
    ),
    # constants are guarded, and the keys of dicts are nearly all constants
    Watcher(VariableTracker, "hash_impl", "identity", _part, but=(ConstantVariable,), needed=False),
    Watcher(
        *(UserDefinedObjectVariable, "hash_impl", "tracing"),
        instead=_fitted,
        but=(FrozenDataClassVariable,),
        needed=False,
    ),
    Watcher(FrozenDataClassVariable, HASHED_BY, "tracing", instead=_of_frozen),
    Watcher(OutputGraph, "compile_subgraph", "identity", after=_compiled),
)
