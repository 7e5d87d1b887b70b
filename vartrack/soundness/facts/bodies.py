"""What a function that was traced is made of: its code, defaults and closure."""

from __future__ import annotations

import operator
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts.fact import NOTHING, Fact, Scope
from vartrack.soundness.facts.remembered import Remembered
from vartrack.soundness.memory.function_parts import AVAILABLE, Parts, parts

if TYPE_CHECKING:
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
    def is_plain(self) -> bool:
        """Whether the three parts say all."""
        return not self.keywords and not self.cells and self.inside is None

    def holds(self, _: Any = None) -> bool:
        """Whether the function is as it was; also if it is gone, and so can be called no more."""
        function = self.ref()
        if function is None:
            return True
        if parts(function) != self.parts:
            return False
        if self.keywords:
            now = function.__kwdefaults__ or {}
            if now.keys() != self.keywords.keys():
                return False
            if any(now[name] is not value for name, value in self.keywords.items()):
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

    def check(self) -> Callable[[Scope], bool] | None:
        """The check over all functions; None if none was traced."""
        bodies = [body for body in self._bodies.values() if body.ref() is not None]
        return _Check(bodies).holds if bodies else None

    def facts(self) -> Iterator[Fact]:
        """Each function as a fact of its own."""
        for body in self._bodies.values():
            text = f"the code of {body.text}"
            yield Fact(self.kind, text, body.text, body.holds, body.shows, *body.where)


class _Check:
    """Whether all functions are as they were.

    Where their parts lie is read at every call, and the parts only where one lies elsewhere.
    """

    def __init__(self, bodies: list[_Body]) -> None:
        self.plain = [body for body in bodies if body.is_plain]
        self.others = [body for body in bodies if not body.is_plain]
        gone = partial(_forget, weakref.ref(self))
        self._refs = [weakref.ref(body.ref(), gone) for body in self.plain]
        self._read: Callable[[], Any] | None = None
        self._seen: Any = None

    def holds(self, scope: Scope) -> bool:
        """Whether they are."""
        read = self._read
        if read is None or read() != self._seen:
            return self._look_again()
        return all(body.holds() for body in self.others) if self.others else True

    def _look_again(self) -> bool:
        """Compare the parts of all, and keep where they lie if they are the same."""
        functions = [function for ref in self._refs if (function := ref()) is not None]
        read = Parts(functions).read if AVAILABLE else partial(_all_parts, self._refs)
        seen = read()  # before they are compared, as another thread may change them then
        if not all(body.holds() for body in (*self.plain, *self.others)):
            return False
        self._read, self._seen = read, seen
        return True


def _all_parts(refs: list[weakref.ref[Any]]) -> list[Any]:
    return [None if (function := ref()) is None else parts(function) for ref in refs]


def _forget(check: weakref.ref[_Check], ref: weakref.ref[Any]) -> None:
    """One of the functions is gone: its memory must not be read."""
    held = check()
    if held is not None:
        held._read = None
