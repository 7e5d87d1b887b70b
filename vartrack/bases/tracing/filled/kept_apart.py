"""Types of values that are changed or found by identity: two of them must not become one."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING, Any

from vartrack import session
from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.contents.stored_attributes import NOT_STORED, stored_at
from vartrack.bases.tracing.evaluating.folding import evaluate
from vartrack.core.guarding import guards
from vartrack.core.guarding.no_alias import guard_apart

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.core.compile import Compile

__all__ = ["keep_apart", "note_change", "note_deletion", "note_value"]

_VALUES, _APART = "values by type", "types of values that stay apart"


def note_value(compile: Compile, value: Any, source: Source | None) -> None:
    """Say that a value of a user's type came from ``source``."""
    if source is None or isinstance(value, dict):  # a guard of dicts takes no other beside it
        return
    cls = type(value)
    known = compile.notes.setdefault(_VALUES, {}).setdefault(cls, [])
    known.append((value, source))
    if cls in compile.notes.get(_APART, ()):
        _guard(compile, known)


def note_change(tx: Any, cls: type) -> None:
    """Say that the traced code changes a ``cls``: from now on each of them is one of its own."""
    keep_apart(tx, cls)


def keep_apart(tx: Any, cls: type) -> None:
    """Guard that values of type ``cls`` that are different objects stay so, later ones as well.

    torch guards that what was one object stays one, and not that what were two stay two. Of
    constants it guards neither.
    """
    compile = session.compile_of(tx)
    if compile is not None:
        compile.notes.setdefault(_APART, set()).add(cls)
        _guard(compile, compile.notes.get(_VALUES, {}).get(cls, []))


def note_deletion(tx: Any, tracker: Any, value: Any, name: str) -> None:
    """Say that the traced code deletes an attribute, as `object` does it: it must be there.

    Args:
        tx: the tracer.
        tracker: the tracker of ``value``.
        value: the value at hand; if its class has another way of deleting, nothing is asked.
        name: the name of the attribute.
    """
    own = on_class(type(value), "__delattr__") is object.__delattr__
    pending = tx.output.side_effects.has_pending_mutation_of_attr(tracker, name)
    if not own or pending or tracker.source is None or _is_computed(type(value), name):
        return
    if stored_at(value, name) is NOT_STORED:
        guards.install_absence(tracker.source, value, name)
        # nothing is there that could go
        evaluate(tx, f"{type(value).__qualname__}.{name}", lambda: object.__delattr__(value, name))
    guards.install_stored(tracker.source, value, name)


def _is_computed(cls: type, name: str) -> bool:
    """Whether the attribute is a property or the like, which says itself what deleting it does."""
    static = on_class(cls, name)
    is_slot = isinstance(static, types.MemberDescriptorType)
    return inspect.isdatadescriptor(static) and not is_slot


def _guard(compile: Compile, known: list[tuple[Any, Source]]) -> None:
    if len(known) > 1:
        guard_apart(compile, known)
