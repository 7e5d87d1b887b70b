"""`hash(v)` of what is hashed by who it is: a number that is another one for each object."""

from __future__ import annotations

from typing import Any

from torch._dynamo.source import AttrSource, is_constant_source
from torch._dynamo.variables.base import VariableTracker

from vartrack import session
from vartrack.bases.tracing.again.evaluations import EVALUATIONS, Evaluation
from vartrack.bases.tracing.again.places import AgainSource
from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.core.guarding.exporting import is_exporting, is_stored
from vartrack.inputs import value_numbers
from vartrack.shapes.frame_history import mark_changed_at

__all__ = ["identity_hash"]

_TEXT = "hash"


def identity_hash(tx: Any, tracker: VariableTracker, value: Any) -> VariableTracker | None:
    """The hash as a number that varies from the first call on; None if it is to be taken once.

    Args:
        tx: the tracer.
        tracker: of the object, whose type is guarded.
        value: the object.
    """
    source, compile = tracker.source, session.compile_of(tx)
    if source is None or compile is None or not is_by_identity(type(value), "__hash__"):
        return None
    if isinstance(value, dict) or is_constant_source(source):
        return None  # the guards of a dict take none of this kind
    if is_exporting(tx) or is_stored(tx):
        return None
    EVALUATIONS.setdefault(_TEXT, hash)  # type: ignore[arg-type]
    table = AttrSource(tx.import_source(Evaluation.__module__), "EVALUATIONS")
    place = AgainSource(source, table, _TEXT)
    value_numbers.met(compile, place)
    mark_changed_at(tx, place)
    return VariableTracker.build(tx, hash(value), place)
