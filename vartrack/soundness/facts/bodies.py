"""What a function that was traced is made of: its code, defaults and closure."""

from __future__ import annotations

import operator
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts.fact import NOTHING, Fact
from vartrack.soundness.facts.remembered import Remembered
from vartrack.soundness.memory.function_parts import AVAILABLE, parts, places_of

if TYPE_CHECKING:
    from vartrack.soundness.memory.together import InMemory
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Bodies", "parts_of"]


class _Body:
    """One function, as it was when it was traced."""

    __slots__ = ("cells", "inside", "keywords", "parts", "ref", "text", "where")

    def __init__(
        self, function: FunctionType, relied_on: set[int], with_inside: bool, where: Any
    ) -> None:
        self.ref = weakref.ref(function)
        self.parts = parts(function)
        self.keywords = dict(function.__kwdefaults__ or {})
        self.text = f"{function.__module__}.{function.__qualname__}"
        self.where = where
        contents = enumerate(_contents(function))
        self.cells = {at: Remembered(content) for at, content in contents if at in relied_on}
        self.inside = _inside(function) if with_inside else None

    @property
    def is_in_memory(self) -> bool:
        """Whether where its parts lie says all, and can be read."""
        return AVAILABLE and not self.keywords and not self.cells and self.inside is None

    def places(self, function: FunctionType) -> list[int]:
        """As of `InMemory`, as are those that follow."""
        return places_of(function)

    def renew(self, _: FunctionType) -> None:
        """Its parts always lie somewhere."""

    def says(self, _: FunctionType) -> bool:
        """So this says something."""
        return True

    def holds(self, _: Any = None) -> bool:
        """Whether the function is as it was; also if it is gone, and so can be called no more."""
        function = self.ref()
        return function is None or self.is_so(function)

    def is_so(self, function: FunctionType) -> bool:
        """Whether it is as it was."""
        now = parts(function)
        if now != self.parts:
            return False
        self.parts = now  # where these lie nothing else may come to lie
        if self.keywords:
            given = function.__kwdefaults__ or {}
            if given.keys() != self.keywords.keys():
                return False
            if any(given[name] is not value for name, value in self.keywords.items()):
                return False
        if self.inside is not None and not _are_same(_inside(function), self.inside):
            return False
        if self.cells:
            held = _contents(function)
            return all(cell.is_(held[at]) for at, cell in self.cells.items())
        return True

    def shows(self, _: Any = None) -> Any:
        """Its code, and what it closes over."""
        function = self.ref()
        if function is None:
            return NOTHING
        inside = () if self.inside is None else tuple(_inside(function))
        read = [part for part in parts(function) if part is not None]  # it may have no defaults
        return (*read, *_contents(function), *inside)


_EMPTY = object()


def _contents(function: FunctionType) -> list[Any]:
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            found.append(_EMPTY)
    return found


def _inside(function: FunctionType) -> list[Any]:
    """What lists, dicts and the like hold that come with a function, one level deep."""
    found: list[Any] = []
    for part in parts_of(function):
        if isinstance(part, dict):
            found += [*part, *part.values()]
        elif isinstance(part, (list, set, deque)):
            found += part
        elif type(part) is SimpleNamespace:
            found += [*vars(part), *vars(part).values()]
    return found


def _are_same(some: list[Any], others: list[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


def parts_of(function: FunctionType) -> list[Any]:
    """What comes with a function: what it closes over, and its defaults."""
    found = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return found + [part for part in _contents(function) if part is not _EMPTY]


class Bodies:
    """Notes the functions whose code is traced.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "bodies"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._bodies: dict[int, _Body] = {}

    def traced(self, function: FunctionType, with_cells: bool) -> None:
        """Note that the code of ``function`` is traced.

        Args:
            function: the function.
            with_cells: whether its closure is relied on too, as it has no guards of torch's.
        """
        self._note(function, self._without_guards(function) if with_cells else set(), with_cells)

    def ran(self, function: FunctionType) -> None:
        """Note that ``function`` is run while tracing: nothing that it reads has guards."""
        self._note(function, set(range(len(function.__closure__ or ()))), with_inside=True)

    def _note(self, function: FunctionType, relied_on: set[int], with_inside: bool) -> None:
        body = self._bodies.get(id(function))
        if body is not None and body.ref() is function and relied_on <= body.cells.keys():
            self.ledger.touch()
            return
        # where facts become guards, what is read inside has a place, and guards of its own
        with_inside = with_inside and not self.ledger.guards
        where = self.ledger.note()
        self._bodies[id(function)] = _Body(function, relied_on, with_inside, where)

    def _without_guards(self, function: FunctionType) -> set[int]:
        """Which of its cells have no guards: those of the frame itself have them where it reads."""
        effects = self.ledger.output().side_effects
        return {
            at
            for at, cell in enumerate(function.__closure__ or ())
            if cell not in effects or effects[cell].source is None
        }

    def in_memory(self) -> Iterable[InMemory]:
        """The functions of which it says all where their parts lie."""
        return [body for body in self._bodies.values() if body.is_in_memory]

    def terms(self, names: dict[str, Any]) -> Iterator[str]:
        """What is asked about the others at every call.

        Args:
            names: gets what the text calls.
        """
        others = [body for body in self._bodies.values() if not body.is_in_memory]
        if others:
            names["__bodies"] = others
            yield "all(body.holds() for body in __bodies)"

    def facts(self) -> Iterator[Fact]:
        """Each function as a fact of its own."""
        for body in self._bodies.values():
            text = f"the code of {body.text}"
            yield Fact(self.kind, text, body.text, body.holds, body.shows, *body.where)
