"""`Order`: the visitors whose place among all others is fixed, as torch's own builder has it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from vartrack.core.halves import Sourced, Sourceless, Traced
from vartrack.core.texts.wording import worded
from vartrack.core.visitor import Visitor
from vartrack.errors import RegistrationError

__all__ = ["Chain", "Line", "Order", "Place"]

#: The visitors that stand at one place: one, or several that torch has no order for.
Line = type[Visitor] | tuple[type[Visitor], ...]


class Place(NamedTuple):
    """Where a visitor stands.

    Attributes:
        section: ``"first"``, ``"checks"`` or ``"last"``.
        line: the number of its line there, from 0.
    """

    section: str
    line: int


@dataclass(frozen=True)
class Chain:
    """The visitors of one half that have a place, in the order they are asked.

    Within a line the nearest type goes first, and of two visitors for one type the newest.

    Attributes:
        first: asked before everybody else: what is known by identity, whatever its type.
        checks: torch's chain of checks. These are asked in this order, however near their types
            are. Who has no place goes among them by nearness: before the first that is not nearer.
        last: asked after all those: what torch tries when nothing else fits.

    .. versionadded:: 0.2
    """

    first: tuple[Line, ...] = ()
    checks: tuple[Line, ...] = ()
    last: tuple[Line, ...] = ()

    @functools.cached_property
    def _places(self) -> dict[type[Visitor], Place]:
        return {
            visitor: Place(section, number)
            for section, lines in self.sections()
            for number, line in enumerate(lines)
            for visitor in (line if isinstance(line, tuple) else (line,))
        }

    def sections(self) -> Iterator[tuple[str, tuple[Line, ...]]]:
        """The sections by name, in the order they are asked."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def place(self, visitor: type[Visitor]) -> Place | None:
        """Where ``visitor`` stands: where the nearest class in its MRO does that is named here.

        None, and then nearness decides, if there is none, or if a class before it sets ``types``:
        a place is that of the types that it was said of.
        """
        for cls in visitor.__mro__:
            if (place := self._places.get(cls)) is not None:
                return place
            if "types" in vars(cls):
                return None
        return None

    def without(self, visitor: type[Visitor]) -> Chain:
        """The chain in which ``visitor`` has no line."""
        if visitor not in self._places:
            return self
        changed = {}
        for section, lines in self.sections():
            left = (line if isinstance(line, tuple) else (line,) for line in lines)
            kept = (tuple(one for one in line if one is not visitor) for line in left)
            changed[section] = tuple(line[0] if len(line) == 1 else line for line in kept if line)
        return replace(self, **changed)

    def move(self, visitor: type[Visitor], beside: type[Visitor], *, after: bool) -> Chain:
        """The chain in which ``visitor`` has a line of its own, next to the one of ``beside``."""
        section, line = self._places[beside]
        lines = getattr(self, section)
        at = line + after
        return replace(self, **{section: (*lines[:at], visitor, *lines[at:])})

    def __contains__(self, visitor: object) -> bool:
        """Whether ``visitor`` itself is named here."""
        return visitor in self._places


@dataclass(frozen=True)
class Order:
    """The chains of a registry, one for each half.

    Attributes:
        sourced: for values with a source.
        sourceless: for values without.
        traced: for results of traced operations.

    .. versionadded:: 0.2
    """

    sourced: Chain = Chain()
    sourceless: Chain = Chain()
    traced: Chain = Chain()

    def chain(self, half: type) -> Chain:
        """The chain of ``half``: `Sourced`, `Sourceless` or `Traced`."""
        chain: Chain = getattr(self, _CHAINS[half])
        return chain

    def move(
        self,
        visitor: type[Visitor],
        *,
        before: type[Visitor] | None = None,
        after: type[Visitor] | None = None,
    ) -> Order:
        """The order in which ``visitor`` stands next to another one, wherever that has a place.

        This is also how to say what is in another place in some release of torch.

        Raises:
            RegistrationError: both or none are given, or the other one has no place in any half.
        """
        others = [one for one in (before, after) if one is not None]
        if len(others) != 1:
            raise RegistrationError(
                "VT209",
                f"{visitor.__name__} is to stand both before and after something."
                if others
                else f"{visitor.__name__} is to be moved, and nothing says where to.",
                "give one of `before` and `after`.",
            )
        (beside,) = others
        bare = self.without(visitor)
        moved = {
            field.name: chain.move(visitor, beside, after=after is not None)
            for field in fields(bare)
            if beside in (chain := getattr(bare, field.name))
        }
        if not moved:
            where = "before" if before is not None else "after"
            name = getattr(beside, "__name__", worded(beside))
            raise RegistrationError(
                "VT209",
                f"{visitor.__name__} cannot stand {where} {name}, which has no place itself.",
                "name a visitor that `registry.order` lists; one that is not listed goes by the "
                "nearest type, and so does yours without a place.",
            )
        return replace(bare, **moved)

    def without(self, visitor: type[Visitor]) -> Order:
        """The order in which ``visitor`` has no place."""
        changed = {field.name: getattr(self, field.name).without(visitor) for field in fields(self)}
        return replace(self, **changed)


_CHAINS: dict[type, str] = {Sourced: "sourced", Sourceless: "sourceless", Traced: "traced"}
