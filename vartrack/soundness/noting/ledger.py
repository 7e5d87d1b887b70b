"""`Ledger`: the facts that one compile relied on, and the one guard that checks them."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeVar

from torch._dynamo.guards import (
    install_guard,
    is_recompiles_enabled,
    is_recompiles_verbose_enabled,
)
from torch._dynamo.source import GlobalStateSource
from torch._dynamo.symbolic_convert import tls
from torch._guards import CompileContext, TracingContext

from vartrack import session
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import LAZY
from vartrack.core.guarding.keys import check_at_every_call
from vartrack.soundness.facts.bodies import Bodies
from vartrack.soundness.facts.fact import Fact, Scope, is_so
from vartrack.soundness.facts.inheritance import Inheritance
from vartrack.soundness.facts.modules import Modules
from vartrack.soundness.facts.sourced import Holds, Sourced, name_of, names_in, read
from vartrack.soundness.facts.surroundings import Surroundings
from vartrack.soundness.kinds import KINDS
from vartrack.soundness.looked_up.classes import Classes
from vartrack.soundness.memory.together import Together
from vartrack.soundness.own_dicts.own_dicts import OwnDicts
from vartrack.soundness.reading.packages import is_of_package, is_of_torch

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Guard, GuardsSet, Source

    from vartrack.soundness.noting.own_entries import OwnEntries

__all__ = [
    "ANY_KIND",
    "EVERYTHING",
    "FACTS_MATCH",
    "Added",
    "Asked",
    "Ledger",
    "Outdated",
    "begun",
    "current",
    "puts_right",
]

#: The kind of what is asked whichever kinds are noted.
ANY_KIND = ""
Check = Callable[[Scope], bool]
_T = TypeVar("_T")
Where = tuple[CodeType | None, int | None]


class Asked:
    """What watchers do for some ledgers: which kinds are noted, and whether facts become guards."""

    __slots__ = ("guards", "kinds")

    def __init__(self, kinds: frozenset[str], guards: bool) -> None:
        self.kinds = kinds
        self.guards = guards


@functools.cache
def _asked(kinds: frozenset[str], *, guards: bool) -> Asked:
    """One for all compiles that ask the same: watchers find by it what they do."""
    return Asked(kinds | {ANY_KIND}, guards)


#: What `vartrack.sound` asks for.
EVERYTHING = _asked(frozenset(KINDS), guards=True)


class Added(functools.partial[None]):
    """Makes a guard of torch's that torch itself would not have."""


class Ledger:
    """The facts that one compile relied on.

    All of them are checked by one function at the root of the guards. There it runs at every
    call; on a manager inside a module or dict torch may pass it by.

    Args:
        kinds: the kinds of fact that are noted.
        guards: whether they become guards. If not, they are noted, and nothing that torch decides
            is changed.

    Attributes:
        asked: the kinds and `ANY_KIND`, with `guards`, as watchers ask for them.
        output: torch's record of the compile, held weakly, as the guard outlives the compile.
    """

    def __init__(self, kinds: frozenset[str], *, guards: bool = True) -> None:
        self.kinds = kinds
        self.asked = _asked(kinds, guards=guards)
        self.guards = guards
        self.output: Callable[[], Any] = _none
        self.classes = Classes(self)
        self.bodies = Bodies(self)
        self.modules = Modules(self)
        self.inheritance = Inheritance(self)
        self.own_dicts = OwnDicts(self)
        self.state = Surroundings(self)
        #: By the names of sources the text that reads them.
        self.texts: dict[str, str] = {}
        self.sourced = Sourced(self)
        #: What torch's protocols keep of a class, for as long as the compile lasts.
        self.slots: dict[Any, Any] = {}
        #: By the id of the globals of a function that no module is found for: what stands for it.
        self.namespaces: dict[int, Any] = {}
        #: By name the sources of objects that were found by their identity in dicts and sets.
        self.hashed: dict[str, Source] = {}
        #: The names of each two objects of which it was asked whether they are one.
        self.compared: list[tuple[str, str]] = []
        #: Each hash that the program asks for now, with those that it is made of.
        self.hashing: list[tuple[VariableTracker, list[VariableTracker]]] = []
        #: By name the sources of keys that were found by their value, and such keys without one.
        self.keys: dict[str, Source] = {}
        self.keys_there: list[Any] = []
        #: By name the sources of floats that are NaN.
        self.nans: dict[str, Source] = {}
        #: By name the sources of floats that vary.
        self.floats: dict[str, Source] = {}
        #: What was looked up, as long as it is not known whether it is used.
        self.looked_up: list[Any] = []
        #: Whether it is asked if a tensor has an attribute, and not for the attribute.
        self.asks_presence = False
        #: Whether it is asked if two are equal, and not for what the comparison gives.
        self.asks_truth = False
        #: Attributes that are not there, as torch puts them off, where Python would have raised.
        self.unraised: list[VariableTracker] = []
        #: Whether there were any when tracing ended: then the compiled function raises.
        self.ends_missing = False
        #: By the id of a function that keeps only so many results: its calls.
        self.limited: dict[int, Any] = {}
        #: The symbols of ints that ask to be one, such as `DynamicInt`.
        self.wishing: set[Any] = set()
        #: The method of tensors that is called where the class of the tensor has one of its own.
        self.passed_by: str | None = None
        #: Whether torch makes a text when the graph has run, if it has none before.
        self.puts_off = False
        #: Whether the program sets attributes of classes.
        self.writes_classes = False
        #: What an operator is asked for in the place of a method that was called by its name.
        self.operating: list[VariableTracker] = []
        #: The error that something in the program may catch.
        self.tried: Exception | None = None
        #: By the id of an iterator over a deque: it, the items, and how many there were.
        self.deques: dict[int, tuple[Any, list[Any], int]] = {}
        #: By the id of an iterator that the program made: it, and another of its class.
        self.iterators: dict[int, tuple[Any, Any]] = {}
        #: How many lists are being sorted, and by the id of a class the objects that some were by.
        self.sorts = 0
        self.sorted: dict[int, list[Any]] = {}
        #: How many guards there were when a value began to be built, by its context.
        self.building: dict[int, int] = {}
        #: How many facts could not be noted, or not be read when tracing was over.
        self.unread = 0
        #: Whether torch may be about to call a function with constants instead of tracing it.
        self.folds = False
        #: Arrays that are inputs of the graph: where they are from, they, what the trace has for
        #: each, and how often that had been written.
        self.arrays: list[tuple[Source, Any, Any, int]] = []
        #: What torch says where the guard fails.
        self.said: list[str] = []
        self._later: list[tuple[Any, Callable[[Any], None], Where]] = []
        self._where: Where | None = None
        #: The frame that was traced last, and that of the user's which its line is told by.
        self._traced: tuple[Callable[[], Any], Callable[[], Any]] = (_none, _none)
        self._guard: Guard | None = None
        #: The set of guards that it was added to last.
        self._stands_in: Callable[[], Any] = _none
        #: By their ids what `is_new` was asked about, kept so that no id comes to be another's.
        self._passed: dict[tuple[int, ...], tuple[Any, ...]] = {}
        #: By a function and the id of a class: the class, and what the function says of it.
        self._answers: dict[tuple[Any, int], tuple[type, Any]] = {}
        self._held: dict[tuple[Source, str], Guard] = {}
        #: By where an object comes from, what its `__dict__` has not.
        self.own_entries: dict[Source, OwnEntries] = {}

    def __reduce__(self) -> tuple[type[Ledger], tuple[frozenset[str]]]:
        """Stored with the guards of a program it holds nothing: another process has other objects.

        torch stores no guard on the identity of an object either.
        """
        return Ledger, (frozenset(),)

    def holds(self, kind: str) -> bool:
        """Whether facts of ``kind`` are noted."""
        return kind in self.kinds

    def note(self) -> Where:
        """The line that is traced now; a fact was found there, so the guard is put up."""
        self.touch()
        if self._where is not None:
            return self._where
        tx = getattr(self.output(), "current_tx", None)
        if tx is None:
            return None, None
        traced, frame_of = self._traced
        frame = frame_of() if traced() is tx else None
        if frame is None:
            frame = _frame_of(tx)
            self._traced = weakref.ref(tx), weakref.ref(frame)
        return frame.f_code, frame.lineno

    def of_class(self, ask: Callable[[type], _T], cls: type) -> _T:
        """What ``ask`` says of ``cls``, asked once in a compile."""
        key = (ask, id(cls))
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = (cls, ask(cls))
        answer: _T = found[1]
        return answer

    def touch(self) -> None:
        """Have the guard put up; asked at every use, as torch may have dropped what stood.

        It is added also where torch installs no guards because others cover what is traced: they
        do not cover these facts.
        """
        context = TracingContext.try_get()
        if context is None:
            return
        guards = context.guards_context.dynamo_guards
        if self._stands_in() is not guards:  # where torch drops guards it makes another set
            self._put_up_in(guards)

    def _put_up_in(self, guards: GuardsSet) -> None:
        if not self.guards:
            return
        if self._guard is None:
            create = functools.partial(FACTS_MATCH, ledger=self)
            self._guard = GlobalStateSource().make_guard(create)
        guards.add(self._guard, collect_debug_stack=False)  # each fact has its own line
        self._stands_in = weakref.ref(guards)
        self._passed.clear()

    def is_new(self, *about: Any) -> bool:
        """Whether it was not asked about these objects since torch last dropped guards.

        What is noted of the same objects again and again need be noted once. It puts the guard up.
        """
        self.touch()
        key = tuple(map(id, about))
        if key in self._passed:
            return False
        self._passed[key] = about
        return True

    def hold(
        self,
        kind: str,
        source: Source,
        create: Callable[..., None],
        text: str,
        make: Callable[..., Holds | None],
        shows: Callable[..., Any] | None = None,
    ) -> None:
        """Note a fact for which torch has a guard of its own, and does not use it.

        Args:
            kind: which kind of fact.
            source: where the value comes from.
            create: makes that guard.
            text: the fact in words.
            make: as of `Sourced.rely`, for where no guard is made.
            shows: the same.
        """
        if self.guards:
            # torch drops a guard that it has already, if it is the same one
            guard = self._held.get((source, text))
            if guard is None:
                guard = self._held[source, text] = source.make_guard(Added(create))
            install_guard(guard, skip=1)
        elif name_of(source) is not None:
            self.sourced.rely(kind, text, text, [source], make, shows)

    def when_read(self, tracker: Any, note: Callable[[Any], None]) -> None:
        """Call ``note`` with what ``tracker`` stands for.

        If it is lazy, ``note`` waits until torch has built it: nothing is built for a note.
        """
        if type(tracker) not in LAZY and not waits(tracker):
            note(tracker)
        elif tracker.is_realized():
            note(tracker.realize())
        else:
            self._later.append((tracker, note, self.note()))

    def finish(self, *_: Any, **__: Any) -> None:
        """Make the notes that waited; tracing is over."""
        for tracker, note, where in self._later:
            self._where = where
            try:
                if tracker.is_realized():
                    note(tracker.realize())
            except Exception:
                if self.guards:
                    raise
                self.unread += 1
        self._where = None
        self.ends_missing = bool(self.unraised)
        self.unraised.clear()
        self._later.clear()
        self._passed.clear()
        self._answers.clear()
        self.deques.clear()  # what they go through would live as long as the guard
        self.iterators.clear()

    def values_of(self, sources: Sequence[Source]) -> tuple[Any, ...] | None:
        """The values of ``sources`` as they were before the call; None if they cannot be read."""
        output = self.output()
        if output is None:
            return None
        try:
            scope = {"L": output.local_scope, "G": output.global_scope}
            return read(sources, scope, self.texts)
        except Exception:
            return None

    def check(self, scope: dict[str, Any]) -> Check:
        """What is to be asked at every call.

        Args:
            scope: the names in which torch evaluates sources.
        """
        names = names_in(scope)
        terms = [
            *self.modules.terms(names),
            *self.classes.terms(names),
            *self.bodies.terms(names),
            *self.inheritance.terms(names),
            *self.state.terms(names),
            *self.sourced.terms(scope, names),
        ]
        groups = (self.classes, self.bodies, self.state)
        together = Together(chain.from_iterable(group.in_memory() for group in groups))
        at_rest = self.own_dicts.check(names, together)
        if at_rest is not None:
            names["__at_rest"] = at_rest
            terms.insert(0, "__at_rest(L)")
        return _asked_at_once(terms, names, self._failed)

    def _failed(self, scope: Scope) -> bool:
        """A check does not hold: torch is told which fact changed, if it is to log that."""
        if self.said and (is_recompiles_enabled() or is_recompiles_verbose_enabled()):
            changed = next((fact for fact in self.facts() if not is_so(fact, scope)), None)
            if changed is not None:
                code, _, line = self.said[0].partition("  # ")
                self.said[0] = f"{code}  # changed: {changed.text}; {line.rpartition('; ')[2]}"
        return False

    def facts(self) -> Iterator[Fact]:
        """All facts, one by one."""
        yield from self.classes.facts()
        yield from self.bodies.facts()
        yield from self.modules.facts()
        yield from self.own_dicts.facts()
        yield from self.inheritance.facts()
        yield from self.state.facts()
        yield from self.sourced.facts()


def _asked_at_once(terms: Sequence[str], names: dict[str, Any], failed: Check) -> Check:
    """Whether all that ``terms`` ask is so; else what ``failed`` says, also if one raises."""
    is_so: Check = eval(f"lambda L: {' and '.join(terms) or True}", names)

    def all_hold(scope: Scope) -> bool:
        try:
            return True if is_so(scope) else failed(scope)  # what `==` gives may be no bool
        except Exception:
            return failed(scope)

    return all_hold


class Outdated:
    """Holds for the compile that is under way, whose call began before the change, and no other."""

    def __init__(self) -> None:
        self.compile = CompileContext.try_get()

    def __call__(self, _: Any) -> bool:
        return self.compile is not None and CompileContext.try_get() is self.compile


def FACTS_MATCH(builder: GuardBuilder, guard: Guard, *, ledger: Ledger) -> None:
    """Have compiled code check the facts in ``ledger`` at every call."""
    code = "vartrack.sound: what torch relied on without a guard is as it was"
    guard.set_export_info("FACTS_MATCH", None, [code], None)
    check = ledger.check(builder.scope)
    if not check(builder.scope["L"]):  # something changed while it was compiled
        check = Outdated()
    ledger.said = check_at_every_call(builder.get_guard_manager(guard), check, code, guard)


def _frame_of(tx: Any) -> Any:
    """The innermost frame that is traced in code of the user's.

    If there is none, the innermost outside of torch; torch's own if there is none either.
    """
    outside, at = tx, tx
    while at is not None:
        if not is_of_package(at.f_code):
            return at
        if is_of_torch(outside.f_code):
            outside = at
        at = getattr(at, "parent", None)
    return tx if is_of_torch(outside.f_code) else outside


def _none() -> None:
    return None


def current() -> Ledger | None:
    """The ledger of the compile that runs in this thread; None if it keeps none."""
    try:
        ledger: Ledger | None = tls.current_tx.output.vartrack_compile.ledger
    except AttributeError:
        return begun()
    return ledger


def begun() -> Ledger | None:
    """The same where nothing is compiled, a compile begins, or runs on torch's own builder."""
    tx = getattr(tls, "current_tx", None)
    compile = None if tx is None else session.compile_of(tx)
    return None if compile is None else compile.ledger


def puts_right() -> bool:
    """Whether what torch's tracer gets wrong is to be put right in the compile of this thread."""
    ledger = current()
    return ledger is not None and ledger.guards and ledger.holds("tracing")
