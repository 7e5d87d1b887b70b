"""Hashes that torch up to 2.12 does not ask for: of what `hash` gets, and of keys.

There it takes the hash of the object it has while tracing, or refuses the class; since then the
``__hash__`` and ``__eq__`` that a class has in Python are traced.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from types import FunctionType
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import raise_in_program, refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.known.identity import fitted_hash, with_hash
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.objects.same_key import is_same_key
from vartrack.compat.hooks import TRACES_HASHES, Hooks, hash_of
from vartrack.compat.names import FrozensetVariable, HashableTracker
from vartrack.core.wrapping.wrappers import Table, Wrappers

__all__ = ["OWN_HASHES"]

Own = Callable[..., Any]


def _in_python(tracker: VariableTracker) -> bool:
    """Whether it is an object whose class has a ``__hash__`` in Python; members are found by
    who they are."""
    if not isinstance(tracker, UserDefinedObjectVariable):
        return False
    found = on_class(tracker.python_type(), "__hash__")
    return isinstance(found, FunctionType) and found is not Enum.__hash__


def _is_plain(tracker: VariableTracker) -> bool:
    """The same of objects whose trackers are torch's own."""
    return not isinstance(tracker, Hooks) and _in_python(tracker)


def _traced(tracker: Any) -> int:
    """What the ``__hash__`` of its class gives."""
    tx: Any = InstructionTranslator.current_tx()
    number = specialize_symnode(tracker.call_method(tx, "__hash__", [], {}))
    if not number.is_python_constant():
        cls = tracker.python_type()
        why = "gives something that is not known while tracing"
        refuse(f"{cls.__module__}.{cls.__qualname__}.__hash__", why)
    return fitted_hash(number.as_python_constant())


def _can_be_key(own: Own) -> Own:
    @functools.wraps(own)
    def is_python_hashable(self: UserDefinedObjectVariable) -> bool:
        return _in_python(self) or bool(own(self))

    return is_python_hashable


def _hash_of_key(own: Own) -> Own:
    @functools.wraps(own)
    def get_python_hash(self: UserDefinedObjectVariable) -> int:
        return _traced(self) if _in_python(self) else int(own(self))

    return get_python_hash


def _same_key(own: Own) -> Own:
    """Of two keys of a dict the object is asked; torch asks the one that is in it already."""

    @functools.wraps(own)
    def equal(self: HashableTracker, other: object) -> bool:
        if isinstance(other, HashableTracker) and self.vt is not other.vt:
            # what is lazy still is no such object; to ask by `isinstance` would build and guard it
            one, two = self.vt.unwrap(), other.vt.unwrap()
            for asked, beside in ((one, two), (two, one)):
                if type(asked) is not LazyVariableTracker and _is_plain(asked):
                    return asked is beside or is_same_key(asked, beside)
        return bool(own(self, other))

    return equal


def _answered(own: Own) -> Own:
    """``hash`` of literals, of objects and of tuples of what has a hash."""

    @functools.wraps(own)
    def call_function(self: BuiltinVariable, tx: Any, args: Any, kwargs: Any) -> Any:
        known = _hash(tx, args[0].realize()) if _is_of_one(self.fn, args, kwargs) else None
        return own(self, tx, args, kwargs) if known is None else ConstantVariable.create(known)

    return call_function


def _is_of_one(function: Any, args: Any, kwargs: Any) -> bool:
    return function is hash and len(args) == 1 and not kwargs


def _hash(tx: Any, tracker: VariableTracker) -> int | None:
    """The hash of what ``tracker`` stands for; None if torch's tables have to answer."""
    if isinstance(tracker, KnownVariable):
        return None
    if isinstance(tracker, UserDefinedObjectVariable):
        cls = tracker.python_type()
        if cls.__hash__ is None:
            raise_in_program(tx, TypeError(f"unhashable type: {cls.__name__!r}"))
        if isinstance(tracker, Hooks):
            with asking(Intent.HASH):  # that of one object is one that is guarded
                return hash_of(tracker, tx)
        return _traced(tracker) if _in_python(tracker) else None
    if type(tracker) is TupleVariable:
        return hash((*_parts(tx, tracker.items),))
    if isinstance(tracker, FrozensetVariable):
        return hash(frozenset(_parts(tx, [key.vt for key in tracker.items])))
    if isinstance(tracker, SymNodeVariable):
        tracker = specialize_symnode(tracker)
    return hash(tracker.value) if type(tracker) is ConstantVariable else None


def _parts(tx: Any, items: Iterable[VariableTracker]) -> Iterator[object]:
    """For each of ``items`` something that has its hash."""
    for item in items:
        number = BuiltinVariable(hash).call_function(tx, [item], {})
        yield with_hash(number.as_python_constant())


#: What is put in place in torch.
OWN_HASHES: Table = Wrappers(
    *(
        ()
        if TRACES_HASHES
        else (
            (BuiltinVariable, "call_function", _answered),
            (UserDefinedObjectVariable, "is_python_hashable", _can_be_key),
            (UserDefinedObjectVariable, "get_python_hash", _hash_of_key),
            (HashableTracker, "__eq__", _same_key),
        )
    )
)
