"""The order in which the visitors of one type are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from vartrack.halves import Sourceless
from vartrack.resolution import Candidate
from vartrack.visitor import Visitor

__all__ = ["Standing", "in_order"]


@dataclass(frozen=True)
class Standing:
    """A visitor one of whose types covers the type of a value.

    Attributes:
        visitor: the visitor.
        bound: which of its types does, the nearest if several do.
        place: how near that type is; 0 is the value's own.
        plain: whether it has its type alone: without a test and without a layer.
        serial: grows with each registration.
    """

    visitor: Visitor
    bound: type
    place: int
    plain: bool
    serial: int = 0

    @property
    def nearness(self) -> tuple[float, ...]:
        """The key that sorts visitors without a step."""
        return (self.place, self.plain, -self.visitor.priority, -self.serial)

    def step(self, half: type) -> float | None:
        """Its step in ``half``, which may have an order of its own."""
        step = self.visitor.step
        return step[half is Sourceless] if isinstance(step, tuple) else step


def in_order(standings: Iterable[Standing], cls: type, half: type) -> Iterator[Candidate]:
    """The visitors as candidates for ``cls``, in the order they are asked in ``half``.

    The layer "first", then those without a layer, then the layer "last", then the plain visitor
    for ``object``.
    """
    layers: dict[str, list[Standing]] = {"first": [], "": [], "last": [], "object": []}
    for one in standings:
        everything = one.plain and one.bound is object
        layers["object" if everything else one.visitor.layer].append(one)

    def layered(one: Standing) -> tuple[float, ...]:
        step = one.step(half)
        return (-one.visitor.priority if step is None else step, *one.nearness)

    return chain(
        (Candidate.of(one.visitor, one.bound, cls) for one in sorted(layers["first"], key=layered)),
        _middle(layers[""], cls, half),
        (Candidate.of(one.visitor, one.bound, cls) for one in sorted(layers["last"], key=layered)),
        (Candidate.of(one.visitor, one.bound, cls) for one in layers["object"]),
    )


def _middle(standings: list[Standing], cls: type, half: type) -> Iterator[Candidate]:
    """Those with a step in the order of the steps, and the others among them by nearness.

    One without a step goes before the first one with a step that is not nearer. So a user's
    visitor may go before a nearer one of torch's categories, where torch asks a farther one
    earlier still; but not if the nearer one takes every value, which leaves nothing to go before.
    """
    free = sorted((one for one in standings if one.step(half) is None), key=lambda o: o.nearness)
    stepped = sorted(
        (one for one in standings if one.step(half) is not None),
        key=lambda one: (one.step(half), *one.nearness),
    )
    found = [Candidate.of(one.visitor, one.bound, cls) for one in stepped] if free else []
    at = 0
    for one in free:
        goal = _place_among(one, stepped, found, half)
        while at < goal:
            yield found[at]
            at += 1
        yield Candidate.of(one.visitor, one.bound, cls)
    if found:
        yield from found[at:]
    else:
        yield from (Candidate.of(one.visitor, one.bound, cls) for one in stepped)


def _place_among(
    one: Standing, stepped: list[Standing], found: list[Candidate], half: type
) -> int:
    """Before which of ``stepped`` the visitor without a step is asked."""
    goal = None
    for place, (other, candidate) in enumerate(zip(stepped, found, strict=True)):
        if not isinstance(other.visitor, half):
            continue
        if candidate.error is None and not candidate.type_fits:
            continue
        nearer = _nearer(other, one)
        if goal is None and not nearer:
            goal = place
        if other.visitor.when is None:
            return place + 1 if nearer else goal
    return len(stepped) if goal is None else goal


def _nearer(stepped: Standing, free: Standing) -> bool:
    """Whether nearness alone puts the visitor with a step first."""
    if stepped.place != free.place or free.plain:
        return (stepped.place, stepped.plain) < (free.place, free.plain)
    return not stepped.plain and free.visitor.priority < 0
