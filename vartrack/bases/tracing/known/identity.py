"""Which object it is, and whether two are one, which a guard on their keys does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker

from vartrack import session
from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.core.guarding.keys import same
from vartrack.core.guarding.no_alias import guard_apart, guard_together

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["answer_identity", "fitted_hash", "fix_object", "hash_of_object", "with_hash"]


def fix_object(source: Source) -> None:
    """Have guarded that what comes from ``source`` is the object that it is now."""
    install_guard(source.make_guard(GuardBuilder.ID_MATCH))


def hash_of_object(tracker: VariableTracker, value: Any) -> int | None:
    """The hash of ``value`` if the program asks for it, and it is that of this object alone.

    Dicts and sets made while tracing need none of it: they find what is the same object.
    """
    if asked() is not Intent.HASH or tracker.source is None:
        return None
    if not is_by_identity(type(value), "__hash__"):
        return None
    fix_object(tracker.source)
    return hash(value)


class _Hashed:
    """Has the hash that a ``__hash__`` gave, as Python makes it fit."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return self.number


def fitted_hash(number: int) -> int:
    """What `hash` makes of the number that a ``__hash__`` gave: one of no subclass, that fits."""
    return hash(_Hashed(number))


def with_hash(number: int) -> object:
    """Something that has the hash ``number``, which may be that of a part of something larger."""
    return _Hashed(number)


def answer_identity(tx: Any, one: KnownVariable, other: VariableTracker) -> bool:
    """Whether the two are the same object, with the guard that this needs.

    It breaks the graph if nothing can guard the answer.
    """
    other = other.realize()
    if one is other:
        return True
    if not isinstance(other, KnownVariable) or type(one.example) is not type(other.example):
        return False  # their types say so
    same_object = one.example is other.example
    if one.made_anew or other.made_anew:
        return same_object
    if one.source and other.source:
        # before what they hold is asked, which may be another thing at each call
        if same_object:
            guard_together(one.source, other.source)
            return True
        compile = session.compile_of(tx)
        if compile is not None:
            pair = ((one.example, one.source), (other.example, other.source))
            guard_apart(compile, pair)
            return False
    if one.is_one():
        return one.value is other.value  # the guard of each is its identity
    if not same_object and _differ(one, other):
        return False
    name = type(one.example).__qualname__
    refuse(
        one.text("__eq__ or is"),
        f"asks whether two {name} that are alike are the same object, which no guard can tell "
        "from being equal",
        f"Compare them with == if {name} defines it, or compare what they hold.",
        "Compare them outside the compiled function.",
    )


def _differ(one: KnownVariable, other: KnownVariable) -> bool:
    """Whether the guards of the two never hold for one object."""
    one.depend()
    other.depend()
    try:
        if one.key is None:
            return bool(one.value != other.value)
        return not same(one.key(one.value), one.key(other.value))
    except Exception:
        return False
