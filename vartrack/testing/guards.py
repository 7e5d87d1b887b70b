"""`check_guards`: what a visitor promises, tried with one value after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from vartrack.bases import OpaqueVisitor
from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.installation import use
from vartrack.testing.cost import SLOWEST, check_cost
from vartrack.testing.effects import check_items, check_repeats
from vartrack.testing.equals import told_apart, warn_of_equal_values
from vartrack.testing.keys import Keys
from vartrack.testing.names import Names
from vartrack.testing.places import PLACES, standing
from vartrack.testing.protocols import check_protocols
from vartrack.testing.registries import Subject, registry_of, taker
from vartrack.testing.thrift import check_thrift
from vartrack.testing.wording import told_of
from vartrack.trials.running import (
    Counting,
    Program,
    a_tensor,
    as_often_as_needed,
    forgetting,
)
from vartrack.trials.sameness import alike, inherits, kept

__all__ = ["check_guards"]

Values = Iterable[Any] | Callable[[], Iterable[Any]]


def shown(x: torch.Tensor, value: Any) -> Any:
    """What `check_guards` compiles unless it is told otherwise: the text of the value."""
    return repr(value)


def carried(x: torch.Tensor, value: Any) -> Any:
    """What it compiles if a text of the value says nothing of it, or cannot be had."""
    return x + 1, value


def _program_for(registry: Registry, value: Any) -> Program:
    """What to compile for values like ``value``, if nothing is given."""
    if isinstance(registry.resolve(value), OpaqueVisitor) or inherits(type(value), "__repr__"):
        return carried
    return shown


def check_guards(
    visitor: Subject,
    values: Values,
    function: Program | None = None,
    *,
    graphs: int | None = None,
    places: Iterable[str] = PLACES,
    fullgraph: bool = True,
    thrift: bool = True,
    protocols: bool = True,
    slowest: float | None = SLOWEST,
) -> None:
    """Check that the guards notice a change of the value, and nothing but a change.

    In each place in turn a function is compiled and called with one value after the other. It
    must give what it gives without ``torch.compile``, and be compiled no more than once for each
    distinct value. Two values count as distinct if they are not equal, are not of the same type,
    ``function`` tells them apart, or they print differently and the visitor's key does.

    Before that the function must give the same when it is called twice, and the visitor's key, or
    `==` without one, be one that values can be told apart by.

    Then the values are only carried, only tested, and asked for one field; everything is done with
    them that their type offers by special methods; and calls are timed.

    Args:
        visitor: what to test: a visitor class, several of them, which are added to a registry
            derived from ``vartrack.stock``, or a registry.
        values: what to call the function with: equal, unequal and again equal ones; or a
            generator function, which may change a value and yield it again.
        function: takes a tensor and the value. By default it gives ``repr(value)``; or, if the
            type has no ``repr`` of its own or is opaque, the value.
        graphs: how often it is to be compiled, neither more nor less. A record with a tensor in it
            needs one graph for any number of tensors, for example. By default no more than once for
            each distinct value.
        places: those of `PLACES` to try.
        fullgraph: whether a graph break of ``function`` is an error.
        thrift: whether to check that values which are only carried, tested with ``is None`` and
            ``isinstance``, or asked for a field that is the same need one graph. A visitor that
            builds or guards in a way of its own is warned of instead.
        protocols: whether to try what the type offers by special methods: comparison, hash, texts,
            numbers, iteration, items, ``**`` and the rest. Each must be answered as Python
            does, or be refused with a graph break. With ``graphs``, what the visitor's key takes
            for the same need not be told apart here either.
        slowest: how many times as long a call may take as with torch alone, if that compiles the
            function too; None not to time it. It is generous, and a time is taken again before it
            counts.

    Raises:
        AssertionError: a result is wrong, the number of graphs is, a call takes too long, the
            visitor does not take one of the values, its key raises, changes or looks at a file, or
            the function changes the value.
        TypeError: ``values`` is an iterator, which would be used up in the first place.

    Warns:
        VisitorWarning: equal values, which the visitor takes for the same, print or behave
            differently: it wants a ``key``. Or values that are not equal have the same one, or it
            takes long. Or reading an item changes a mapping. Or the visitor lists a name that none
            of the values has. Or it has steps of its own, and more graphs than a use depends on.

    .. versionadded:: 0.1
    .. versionchanged:: 0.2
        Checks thrift, protocols and time. Fewer graphs than distinct values are right.
    """
    if isinstance(values, Iterator):
        raise TypeError("an iterator has its values once, not for each place; pass a function")
    registry, visitors = registry_of(visitor)
    places = tuple(places)

    def met() -> Iterable[Any]:
        return values() if callable(values) else values

    keys, names = Keys(registry, shared=graphs is not None), Names(registry)
    values_of_first_place = iter(met())  # they are asked for once for each place, and no more
    first = [*itertools.islice(values_of_first_place, 1)]
    program = function or _program_for(registry, *(first or [None]))

    def examined() -> Iterable[Any]:
        given = itertools.chain(first, values_of_first_place)
        for value in _examined(registry, given, program, keys, protocols):
            names.look(value)
            yield value

    for number, place in enumerate(places):
        given = met() if number else examined()  # once, so that no more values are asked for
        with forgetting(), use(registry), as_often_as_needed():
            _check_place(place, registry, visitors, given, program, graphs, fullgraph)
    if not places:
        for _ in examined():
            pass
    with forgetting(), use(registry), as_often_as_needed():
        if thrift:
            check_thrift(registry, met, places)
        if protocols:
            warn_of_equal_values(registry, met())
            check_protocols(registry, met, shared=graphs is not None)
        if slowest is not None:
            check_cost(registry, met, program, slowest)
    keys.warn()
    names.warn()


def _examined(
    registry: Registry,
    values: Iterable[Any],
    function: Program,
    keys: Keys,
    protocols: bool,
) -> Iterator[Any]:
    """The values, each looked at before it is tried: its key, its items, what the function does."""
    for value in values:
        check_repeats(value, function)
        keys.check(value)
        if protocols and check_items(registry, value):
            protocols = False  # told once
        yield value


def _check_place(
    place: str,
    registry: Registry,
    visitors: tuple[type[Visitor], ...],
    values: Iterable[Any],
    function: Program,
    graphs: int | None,
    fullgraph: bool,
) -> None:
    backend = Counting()
    run = standing(place, function, backend, fullgraph)
    met: list[tuple[Any, Any]] = []
    before = ""
    for call, value in enumerate(values, 1):
        found = taker(registry, visitors, value)
        name = "no visitor" if found is None else found.name
        expected = function(a_tensor(), value)
        got = run(a_tensor(), value)
        if not alike(got, expected):
            raise AssertionError(
                f"{name}: call {call} with the value as {place}, {told_of(value)}, gave "
                f"{told_of(got)} instead of {told_of(expected)}. {_why(before)}"
            )
        before = told_of(value)
        if not any(
            alike(value, one, False)
            and alike(expected, given)
            and not told_apart(found, one, value)
            for one, given in met
        ):
            met.append((kept(value), expected))
    wanted = len(met) if graphs is None else graphs
    many = backend.graphs > wanted
    # all answers were right: an answer may have been guarded instead of the value
    if many or (graphs is not None and backend.graphs != wanted):
        raise AssertionError(
            f"With the value as {place}, {backend.graphs} graph{'s' * (backend.graphs != 1)} had "
            f"to be compiled instead of {wanted}"
            f"{'' if graphs is not None else ', one for each distinct value'}. "
            + (
                "The guards fail for values that are the same: guard less, or by a key."
                if many
                else "The guards hold for values that are not the same: guard more, or pass "
                "another number of `graphs`."
            )
        )


def _why(before: str) -> str:
    """What an answer is wrong for, after that of the value ``before``; "" if it is the first."""
    if before:
        return (
            f"The guards did not notice that it was {before} before. A value that the graph "
            "depends on needs a guard or, in a ConstantVisitor or SnapshotVisitor, a key that "
            "tells it apart."
        )
    return (
        "It is the first call, so no guard is at fault: what the visitor says of such values, as "
        "by `like_dict`, `by_fields` or a tracker of its own, does not hold."
    )
