"""Thrift: what does not depend on the content of a value is compiled once for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import vartrack.bases
from vartrack.bases import ConstantVisitor, SnapshotVisitor
from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.testing.places import standing
from vartrack.trials.running import Outcome, try_use
from vartrack.trials.uses import CARRIED, Use, fields_in_c, plain_fields

__all__ = ["check_thrift", "promises_thrift"]

_BASES: tuple[type[Visitor], ...] = tuple(
    getattr(vartrack.bases, name)
    for name in vartrack.bases.__all__
    if name not in ("ResultVisitor", "content_key")
)
#: The steps that decide what is guarded when a value is built.
_STEPS = ("guards", "children", "tracker", "track", "visit_sourced")


def promises_thrift(visitor: Visitor | None) -> bool:
    """Whether a base of vartrack's decides what is guarded, and when."""
    return isinstance(visitor, _BASES) and all(
        getattr(type(visitor), step, None)
        in [getattr(base, step, None) for base in _BASES if isinstance(visitor, base)]
        for step in _STEPS
    )


def check_thrift(
    registry: Registry, values: Callable[[], Iterable[Any]], places: Iterable[str]
) -> None:
    """Check that the values are carried, tested and asked for one field with as few graphs as do.

    Raises:
        AssertionError: there were more, or it was not right.
    """
    visitors = [registry.resolve(value) for value in values()]
    if not visitors or not all(map(promises_thrift, visitors)):
        return
    names = " and ".join(dict.fromkeys(visitor.name for visitor in visitors if visitor))
    cls = type(next(iter(values())))
    for place in places:
        put = functools.partial(standing, place)
        for use in CARRIED:
            outcome = try_use(Use(use.text, use.depends, names={"cls": cls}), values(), None, put)
            if outcome.status != "ok":
                raise AssertionError(_told(names, place, use, outcome))
        for use in _fields_that_all_have(registry, values()):
            outcome = try_use(use, values(), None, put)
            if outcome.status not in ("ok", "graph break"):
                raise AssertionError(_told(names, place, use, outcome))


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
