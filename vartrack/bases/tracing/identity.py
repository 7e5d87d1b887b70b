"""Whether two folded values are one object, which a guard on their keys does not say."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack import session
from vartrack.bases.tracing.folding import refuse
from vartrack.bases.tracing.known import KnownVariable
from vartrack.core.keys import same
from vartrack.core.no_alias import guard_apart, guard_together

__all__ = ["answer_identity"]


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
    if one.source and other.source:
        # before what they hold is asked, which may be another thing at each call
        if same_object:
            guard_together(one.source, other.source)
            return True
        compile = session.compile_of(tx)
        if compile is not None and not isinstance(one.example, dict):
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
