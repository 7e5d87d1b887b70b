"""Thrift: what does not depend on the content of a value is compiled once for all of them."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import vartrack.bases
from vartrack.bases import ConstantVisitor, SnapshotVisitor
from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.errors import VisitorWarning
from vartrack.testing.places import standing
from vartrack.trials.running import Outcome, try_use
from vartrack.trials.uses import CARRIED, Use, fields_in_c, plain_fields

__all__ = ["check_thrift", "steps_overridden"]

_BASES: tuple[type[Visitor], ...] = tuple(
    getattr(vartrack.bases, name)
    for name in vartrack.bases.__all__
    if name not in ("ResultVisitor", "content_key")
)
#: The steps that decide what is guarded when a value is built.
_STEPS = ("guards", "children", "tracker", "track", "visit_sourced")


def steps_overridden(visitor: Visitor) -> tuple[str, ...]:
    """The steps that decide what is guarded, and when, as far as no base of vartrack's has them."""
    bases = [base for base in _BASES if isinstance(visitor, base)]
    return tuple(
        step
        for step in _STEPS
        if getattr(type(visitor), step, None) not in [getattr(base, step, None) for base in bases]
    )


def check_thrift(
    registry: Registry, values: Callable[[], Iterable[Any]], places: Iterable[str]
) -> None:
    """Check that the values are carried, tested and asked for one field with as few graphs as do.

    A visitor that builds or guards in a way of its own may need more: that is told, and no error.

    Raises:
        AssertionError: there were more, or it was not right.

    Warns:
        VisitorWarning: there were more, and the visitor has steps of its own.
    """
    visitors = [visitor for value in values() if (visitor := registry.resolve(value))]
    if not visitors:
        return
    names = " and ".join(dict.fromkeys(visitor.name for visitor in visitors))
    own = dict.fromkeys(step for visitor in visitors for step in steps_overridden(visitor))
    dear: dict[str, Outcome] = {}
    for place, use, outcome in _tried(registry, values, places):
        if outcome.status == "recompiles" and own:
            dear.setdefault(use.text, outcome)
        elif outcome.status != "ok" and (use.depends != "field" or outcome.status != "graph break"):
            raise AssertionError(_told(names, place, use, outcome))
    if dear:
        _warn(names, own, dear)


def _tried(
    registry: Registry, values: Callable[[], Iterable[Any]], places: Iterable[str]
) -> Iterator[tuple[str, Use, Outcome]]:
    """What came of each use in each place."""
    cls = type(next(iter(values())))
    for place in places:
        put = functools.partial(standing, place)
        for use in CARRIED:
            named = Use(use.text, use.depends, names={"cls": cls})
            yield place, use, try_use(named, values(), None, put)
        for use in _fields_that_all_have(registry, values()):
            yield place, use, try_use(use, values(), None, put)


def _warn(names: str, steps: Iterable[str], dear: dict[str, Outcome]) -> None:
    uses = "; ".join(
        f"`{text}` {outcome.graphs} times instead of {outcome.needed}"
        for text, outcome in dear.items()
    )
    warnings.warn(
        VisitorWarning(
            "VT603",
            f"{names} has `{'`, `'.join(steps)}` of its own, so it may be meant that more is "
            f"guarded than a use depends on. Compiled more often than with a base: {uses}.",
            "guard what a use depends on where it is used, or pass `thrift=False` if it is meant.",
        ),
        stacklevel=2,
    )


def _is_constant(visitor: Visitor | None) -> bool:
    return isinstance(visitor, ConstantVisitor) and not isinstance(visitor, SnapshotVisitor)


def _fields_that_all_have(registry: Registry, values: Iterable[Any]) -> Iterator[Use]:
    """Reading the numbers, texts and None that all values hold under a name."""
    common: set[str] | None = None
    for value in values:
        # of a constant only what C code reads is guarded alone
        changeable = not _is_constant(registry.resolve(value))
        plain = {*(plain_fields(value) if changeable else fields_in_c(value))}
        common = plain if common is None else common & plain
    for name in sorted(common or ()):
        yield Use(f"v.{name}", "field")


def _told(names: str, place: str, use: Use, outcome: Outcome) -> str:
    what = f"{names}: with the value as {place}, `{use.text}`"
    if outcome.status == "recompiles":
        on = "the type of the value" if use.depends == "type" else "one field of the value"
        return (
            f"{what} was compiled {outcome.graphs} times where {outcome.needed} would do. It "
            f"depends on {on}, so nothing else may be guarded: leave `guards`, `children` and "
            "`tracker` to the base, or pass `thrift=False` if it is meant."
        )
    return f"{what}: {outcome.status}. {outcome.message}."
