"""`Watchers`: functions of torch that say what they are asked, while a registry needs them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.compat.subclasses import with_subclasses
from vartrack.core.handlers import forget_handlers, is_of_torch
from vartrack.core.wrappers import Table
from vartrack.soundness.around import around
from vartrack.soundness.ledger import Ledger

__all__ = ["Survey", "Watcher", "Watchers", "before_methods", "instead_of_methods"]


@dataclass(frozen=True)
class Watcher:
    """What is to be noted where torch calls one of its own functions.

    Attributes:
        owner: the class or module that has it.
        name: its name there.
        kind: the kind of fact, or `ledger.ANY_KIND`.
        before: called with the ledger and what the function is called with, before it runs; what
            has a place comes by its place.
        after: called with the ledger, what the function returned, and its arguments; with
            `instead` only where facts do not become guards.
        instead: called with the ledger, the function, and its arguments, in its place; only where
            facts become guards.
        subclasses: whether methods of subclasses that override it are watched too.
        but: classes whose own method is not watched.
        needed: whether the kind does not hold where torch has no such function. If not, what it
            does is watched elsewhere there.
        of: the builtins it is for, where the function is a method of their trackers, or the names
            of attributes, where it is called with a ``name``; empty if it is for any.
    """

    owner: Any
    name: str
    kind: str
    before: Callable[..., None] | None = None
    after: Callable[..., None] | None = None
    instead: Callable[..., Any] | None = None
    subclasses: bool = True
    but: Collection[type] = ()
    needed: bool = True
    of: Collection[Any] = ()

    def __str__(self) -> str:
        return f"{self.owner.__name__.rpartition('.')[2]}.{self.name}"

    @property
    def watched(self) -> Any:
        """What the owner has under the name; None where a release does not have it."""
        return getattr(self.owner, "__dict__", {}).get(self.name)

    def places(self, survey: Survey | None = None) -> Iterator[tuple[Any, str, Any]]:
        """Each class or module that has such a function, the name there, and the function.

        Args:
            survey: where functions are held now, if that was looked up for several watchers.
        """
        survey = survey or Survey([self])
        owner, name = self.owner, self.name
        if isinstance(owner, type):
            for cls in survey.with_subclasses(owner) if self.subclasses else (owner,):
                own = vars(cls).get(name)
                watchable = isinstance(own, (FunctionType, staticmethod, classmethod))
                if watchable and cls not in self.but:
                    yield cls, name, own
        elif (own := self.watched) is not None:
            for module, held in survey.holders(own):
                yield module, held, own


class Survey:
    """Who in torch has what some watchers watch: all modules are looked through once for them all.

    Args:
        watchers: the watchers.
    """

    def __init__(self, watchers: Iterable[Watcher]) -> None:
        of_modules = [
            each
            for each in watchers
            if not isinstance(each.owner, type) and each.watched is not None
        ]
        wanted = {id(each.watched) for each in of_modules}
        owners = {id(each.owner) for each in of_modules}
        self._holders: dict[int, list[tuple[ModuleType, str]]] = {}
        self._classes: dict[type, tuple[type, ...]] = {}
        if not of_modules:
            return
        for key, module in list(sys.modules.items()):
            if not isinstance(module, ModuleType):
                continue
            if key.startswith("torch._dynamo") or id(module) in owners:
                for name, value in list(vars(module).items()):
                    if id(value) in wanted:
                        self._holders.setdefault(id(value), []).append((module, name))

    def holders(self, function: Any) -> Iterable[tuple[ModuleType, str]]:
        """Each module of Dynamo, or of a watcher, that holds ``function``, and the name there."""
        return self._holders.get(id(function), ())

    def with_subclasses(self, cls: type) -> tuple[type, ...]:
        """``cls`` and all of its subclasses in torch, each once."""
        if (found := self._classes.get(cls)) is None:
            found = self._classes[cls] = (*with_subclasses(cls, _is_of_torch),)
        return found


def before_methods(kind: str, notes: Mapping[type, Callable[..., None]]) -> tuple[Watcher, ...]:
    """Watchers that make a note before every method of trackers that goes by `call_method`.

    Args:
        kind: the kind of fact.
        notes: by the class of the trackers what is called. On releases where a class has no
            `call_method` of its own, it is called from the one of all trackers.
    """

    def note_any(ledger: Ledger, tracker: Any, *args: Any, **kwargs: Any) -> None:
        for cls, note in notes.items():
            if isinstance(tracker, cls):
                note(ledger, tracker, *args, **kwargs)

    return (
        *(Watcher(cls, "call_method", kind, note, needed=False) for cls, note in notes.items()),
        Watcher(VariableTracker, "call_method", kind, note_any, subclasses=False, needed=False),
    )


def instead_of_methods(kind: str, cls: type, instead: Callable[..., Any]) -> tuple[Watcher, ...]:
    """Watchers that do something in place of every method of trackers that goes by `call_method`.

    Args:
        kind: the kind of fact.
        cls: the class of the trackers.
        instead: what is called, also by the `call_method` of all trackers, where ``cls`` has none
            of its own. It may be called by both.
    """

    def instead_of_any(ledger: Ledger, own: Any, tracker: Any, *args: Any, **kwargs: Any) -> Any:
        if issubclass(type(tracker), cls):
            return instead(ledger, own, tracker, *args, **kwargs)
        return own(tracker, *args, **kwargs)

    return (
        Watcher(cls, "call_method", kind, instead=instead, needed=False),
        Watcher(VariableTracker, "call_method", kind, instead=instead_of_any, subclasses=False),
    )


class Watchers:
    """Puts watchers in place, and takes them away again.

    A method is watched in every class of torch's that has one of its own, a function of a module
    wherever a module of Dynamo holds it.

    Args:
        watchers: the watchers.
        tables: what does the same where torch has no function of its own to watch.
    """

    def __init__(self, watchers: Iterable[Watcher], *tables: Table) -> None:
        self.watchers = tuple(watchers)
        self.tables = tables
        self._undo: list[tuple[Any, str, Any]] = []
        #: By the place of a function: it, who watches it, and what was made to stand there.
        self._made: dict[tuple[int, str], tuple[Any, list[Watcher], Any]] = {}

    @functools.cached_property
    def lacking(self) -> dict[str, list[str]]:
        """From each kind that does not hold here in full to what torch lacks for it."""
        found: dict[str, list[str]] = {}
        survey = Survey(self.watchers)
        for watcher in self.watchers:
            if watcher.needed and next(watcher.places(survey), None) is None:
                found.setdefault(watcher.kind, []).append(str(watcher))
        return found

    def add(self) -> None:
        """Put them in place."""
        for owner, name, own, watchers in self._by_place():
            self._undo.append((owner, name, own))
            setattr(owner, name, self._at(owner, name, own, watchers))
        for table in self.tables:
            table.add()
        forget_handlers(is_of_torch)

    def _at(self, owner: Any, name: str, own: Any, watchers: list[Watcher]) -> Any:
        """``own`` with its watchers, made once for a function however often they are put in place.

        Another's wrapper around it may be a new one each time; only the last is kept.
        """
        place = id(owner), name
        known, by, made = self._made.get(place, (None, [], None))
        if known is not own or by != watchers:
            if isinstance(own, (staticmethod, classmethod)):
                made = type(own)(around(own.__func__, watchers))
            else:
                made = around(own, watchers)
            self._made[place] = own, watchers, made
        return made

    def _by_place(self) -> list[tuple[Any, str, Any, list[Watcher]]]:
        """Each class or module with a name in it, what it has there, and who watches that."""
        found: dict[tuple[int, str], tuple[Any, str, Any, list[Watcher]]] = {}
        survey = Survey(self.watchers)
        for watcher in self.watchers:
            for owner, name, own in watcher.places(survey):
                place = found.setdefault((id(owner), name), (owner, name, own, []))
                place[3].append(watcher)
        return [*found.values()]

    def remove(self) -> None:
        """Give torch its own back."""
        for table in reversed(self.tables):
            table.remove()
        while self._undo:
            setattr(*self._undo.pop())
        forget_handlers(is_of_torch)


def _is_of_torch(cls: type) -> bool:
    return cls.__module__.startswith("torch.")
