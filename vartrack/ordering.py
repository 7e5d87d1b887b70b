"""The order in which the visitors of one type are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
        plain: whether it has its type to itself: without a test and without a layer.
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
        """Its step in ``half``."""
        step = self.visitor.step
        return step[half is Sourceless] if isinstance(step, tuple) else step

    def ask(self, cls: type) -> Candidate:
        """Ask its ``when_type`` about ``cls``."""
        return Candidate.of(self.visitor, self.bound, cls)


def in_order(standings: Iterable[Standing], cls: type, half: type) -> Iterator[Candidate]:
    """The visitors as candidates for ``cls``, in the order they are asked in ``half``.

    The layer "first", then those without a layer, then the layer "last", then the plain visitor
    for ``object``. What comes after the last one that is read is not asked about ``cls``.
    """
    layers: dict[str, list[Standing]] = {"first": [], "": [], "last": [], "object": []}
    for one in standings:
        rest = one.plain and one.bound is object
        layers["object" if rest else one.visitor.layer].append(one)
    for name, members in layers.items():
        if name == "":
            yield from _by_step_and_nearness(members, cls, half)
        else:
            members.sort(key=lambda one: _in_layer(one, half))
            yield from (one.ask(cls) for one in members)


def _in_layer(one: Standing, half: type) -> tuple[float, ...]:
    step = one.step(half)
    return (-one.visitor.priority if step is None else step, *one.nearness)


def _by_step_and_nearness(standings: list[Standing], cls: type, half: type) -> Iterator[Candidate]:
    """Those with a step in the order of the steps, and the others among them by nearness."""
    free, stepped = [], []
    for one in standings:
        step = one.step(half)
        if step is None:
            free.append(one)
        else:
            stepped.append((step, one))
    free.sort(key=lambda one: one.nearness)
    stepped.sort(key=lambda pair: (pair[0], *pair[1].nearness))
    if not free:
        yield from (one.ask(cls) for _, one in stepped)
        return
    asked = [(one, one.ask(cls)) for _, one in stepped]
    at = 0
    for one in free:
        goal = _place_among(one, asked, half)
        yield from (candidate for _, candidate in asked[at:goal])
        at = max(at, goal)
        yield one.ask(cls)
    yield from (candidate for _, candidate in asked[at:])


def _place_among(one: Standing, stepped: list[tuple[Standing, Candidate]], half: type) -> int:
    """Before which of ``stepped`` the visitor ``one``, which has no step, is asked.

    That is the first that is not nearer, but after one that is nearer and takes every value: it
    leaves nothing that is worth being asked before.
    """
    goal = None
    for place, (other, candidate) in enumerate(stepped):
        fits = candidate.type_fits or candidate.error is not None
        if not fits or not isinstance(other.visitor, half):
            continue
        nearer = _nearer(other, one)
        if goal is None and not nearer:
            goal = place
        if other.visitor.when is None:
            return place + 1 if nearer else goal or 0
    return len(stepped) if goal is None else goal


def _nearer(stepped: Standing, free: Standing) -> bool:
    """Whether nearness alone has the visitor with a step asked before the one without."""
    if stepped.place != free.place or free.plain:
        return (stepped.place, stepped.plain) < (free.place, free.plain)
    return not stepped.plain and free.visitor.priority < 0
