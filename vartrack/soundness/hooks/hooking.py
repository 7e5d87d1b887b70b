"""`Watchers`: functions of torch that say what they are asked, while a registry needs them."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.compat.subclasses import with_subclasses
from vartrack.core.wrapping.handlers import forget_handlers, is_of_torch
from vartrack.core.wrapping.holders import Holders
from vartrack.core.wrapping.wrappers import Table
from vartrack.soundness.hooks.around import around
from vartrack.soundness.noting.ledger import Ledger

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
            for cls in survey.classes[owner] if self.subclasses else (owner,):
                own = vars(cls).get(name)
                watchable = isinstance(own, (FunctionType, staticmethod, classmethod))
                if watchable and cls not in self.but:
                    yield cls, name, own
        elif (own := self.watched) is not None:
            for module, held in survey.holders.get(id(own), ()):
                yield module, held, own


class Survey:
    """Who in torch has what some watchers watch: all is looked through once for them all.

    Args:
        watchers: the watchers.
        holders: where modules hold what they watch, as `holders_for` makes it.

    Attributes:
        classes: by each class that owns a method, it and all of its subclasses in torch.
        holders: by the address of a function the modules that hold it, and the names there.
    """

    def __init__(self, watchers: Iterable[Watcher], holders: Holders | None = None) -> None:
        watchers = tuple(watchers)
        self.classes: dict[type, tuple[type, ...]] = {
            owner: (*with_subclasses(owner, _is_of_torch),)
            for owner in dict.fromkeys(each.owner for each in watchers)
            if isinstance(owner, type)
        }
        wanted = {id(each.watched) for each in _of_modules(watchers) if each.watched is not None}
        self.holders: dict[int, list[tuple[ModuleType, str]]] = {}
        for module, name in (holders or holders_for(watchers)).of(wanted) if wanted else ():
            self.holders.setdefault(id(vars(module)[name]), []).append((module, name))


def holders_for(watchers: Iterable[Watcher]) -> Holders:
    """What finds the modules of Dynamo, and of ``watchers``, that hold what these watch."""
    of_modules = _of_modules(watchers)
    owners = {id(each.owner) for each in of_modules}
    return Holders(
        {each.name for each in of_modules},
        lambda name, module: name.startswith("torch._dynamo") or id(module) in owners,
    )


def _of_modules(watchers: Iterable[Watcher]) -> list[Watcher]:
    return [each for each in watchers if not isinstance(each.owner, type)]


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
        self._holders = holders_for(self.watchers)
        self._seen: _Seen | None = None

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
        survey = Survey(self.watchers, self._holders)
        if self._seen is None or not self._seen.is_as(survey):
            self._seen = _Seen(self.watchers, survey)
        for (owner, name), (own, made) in self._seen.watched.items():
            self._undo.append((owner, name, own))
            setattr(owner, name, made)
        for table in self.tables:
            table.add()
        forget_handlers(is_of_torch)

    def remove(self) -> None:
        """Give torch its own back."""
        for table in reversed(self.tables):
            table.remove()
        while self._undo:
            setattr(*self._undo.pop())
        forget_handlers(is_of_torch)


class _Seen:
    """What watchers watch, and what stands there for them, as long as torch has the same there.

    Args:
        watchers: the watchers.
        survey: what they are for, looked up now.

    Attributes:
        watched: by class or module and a name there its function, and that with its watchers.
    """

    def __init__(self, watchers: Iterable[Watcher], survey: Survey) -> None:
        self._survey = survey
        found: dict[tuple[Any, str], tuple[Any, list[Watcher]]] = {}
        methods: dict[tuple[Any, str], None] = {}
        for watcher in watchers:
            owners = survey.classes.get(watcher.owner, ())
            methods.update(dict.fromkeys((owner, watcher.name) for owner in owners))
            for owner, name, own in watcher.places(survey):
                found.setdefault((owner, name), (own, []))[1].append(watcher)
        self.watched = {place: (own, _watched(own, those)) for place, (own, those) in found.items()}
        # classes that have none of their own too, as one may come
        self._places = [*(methods | dict.fromkeys(found))]
        self._held = self._held_now()

    def is_as(self, survey: Survey) -> bool:
        """Whether torch has now what it had."""
        before = self._survey
        if survey.classes != before.classes or survey.holders != before.holders:
            return False
        return all(map(operator.is_, self._held_now(), self._held))

    def _held_now(self) -> list[Any]:
        return [vars(owner).get(name) for owner, name in self._places]


def _watched(own: Any, watchers: list[Watcher]) -> Any:
    if isinstance(own, (staticmethod, classmethod)):
        return type(own)(around(own.__func__, watchers))
    return around(own, watchers)


def _is_of_torch(cls: type) -> bool:
    return cls.__module__.startswith("torch.")
