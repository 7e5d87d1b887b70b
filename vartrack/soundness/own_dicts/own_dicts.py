"""`OwnDicts`: the one check over all objects of which was asked what they do not have."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from vartrack.core.sources.stored_items import text_of
from vartrack.soundness.facts.fact import NOTHING, Fact, Scope
from vartrack.soundness.facts.in_text import Apart, asked_in_text
from vartrack.soundness.facts.reads import Reads
from vartrack.soundness.facts.sourced import read
from vartrack.soundness.memory.dict_tags import AVAILABLE
from vartrack.soundness.memory.together import Together
from vartrack.soundness.own_dicts.at_rest import (
    Asked,
    AtRest,
    Changed,
    Node,
    can_be_watched,
    is_plain,
)
from vartrack.soundness.own_dicts.steps import CLASS, Watched, dict_of, entry
from vartrack.soundness.own_dicts.ways import LEADS_NOWHERE, Way, follow, way_of

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["OwnDicts"]

#: From how many objects on one check takes less time than torch's guards on each of them, and how
#: many must be reached from one that is read at each call.
_FROM, _FROM_ONE = 8, 4
#: For how many objects in the variables what they lead to is remembered.
_MOST = 512
#: After how many changes the objects that programs may change at every call are not remembered.
_OFTEN = 16


class OwnDicts:
    """Notes what the ``__dict__`` of objects has not, and which dicts in it are empty.

    To read the tags of all these dicts takes a tenth of what torch's guards take. What variables
    lead to is remembered by what they hold: the layers of a model may run the same compiled code.

    Args:
        ledger: the ledger of the compile.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._ways: dict[Source, Way | None] = {}
        self._nodes: dict[Way, Node] = {}
        #: What can be watched of what ways lead to.
        self._watchable: set[tuple[Way, str]] = set()
        self._roots: dict[Source, Node] = {}
        #: Questions about what ways lead to.
        self._asked: list[Asked] = []
        #: Gives what tells the objects that are read at each call from others.
        self._key: Callable[[Scope], Hashable] | None = None
        self._at_rest: dict[Hashable, AtRest] = {}
        #: By the sources of these, which are worth it, the objects before the first call.
        self._begin: dict[Source, weakref.ref[Any]] | None = None
        #: The names that sources are read by.
        self._names: dict[str, Any] = {}
        self._together = Together(())
        #: How often something has changed.
        self._changes = 0
        #: Asks what is asked at every call, as objects change that often.
        self._each_time: Callable[[Scope], bool] | None = None

    def add(self, source: Source, value: Any, absent: Iterable[str], empty: Iterable[str]) -> bool:
        """Have an object checked; whether that can be done here.

        Args:
            source: where it comes from.
            value: the object.
            absent: the names that its ``__dict__`` does not have.
            empty: the names of dicts in it that hold nothing.
        """
        way = self._way(source)
        if way is None:
            return False
        root, steps = way
        node = self._node_at(way, Watched.NAMES)
        if node is None or self._has_plain(way):
            return False  # torch's guards take what they take, however often it changes
        nodes = [self._node_at((root, (*steps, entry(name))), Watched.ITEMS) for name in empty]
        if self._reached(way) is not value or None in nodes:
            return False
        node.absent.update(dict.fromkeys(absent))
        for each in filter(None, nodes):
            each.is_empty = True
        self._key = None
        self._at_rest.clear()
        return True

    def ask(self, sources: Sequence[Source], holds: Callable[..., bool]) -> bool:
        """Have something asked where what leads to some values has changed, and only there.

        Whether that can be done here. The answer must not depend on what is in the values.

        Args:
            sources: where the values come from.
            holds: takes them, and says whether it is still so.
        """
        owners = holds.owners if type(holds) is Apart else ()
        asks_classes = getattr(holds, "asks_classes", False)
        ways = []
        for place, source in enumerate(sources):
            way = self._way(source)
            if way is None or not self._leads(way, source):
                return False
            if place in owners:
                node = self._node_at(way, Watched.NAMES)
                if node is None:
                    return False
                node.is_owner = True
            if asks_classes:
                node = self._node_at(way, Watched.CLASS)
                if node is None:
                    return False
                node.steps.setdefault(CLASS, None)
            ways.append(way)
        plain = any(self._has_plain(way) for way in ways)
        self._asked.append(Asked(holds, ways, tuple(sources), plain))
        self._key = None
        self._at_rest.clear()
        return True

    def _has_plain(self, way: Way) -> bool:
        """Whether an object is on the way that programs may change at every call."""
        root, steps = way
        nodes = (self._nodes.get((root, steps[:count])) for count in range(len(steps) + 1))
        return any(node is not None and node.is_plain for node in nodes)

    def _leads(self, way: Way, source: Source) -> bool:
        """Whether ``way`` leads to what is at ``source``, and all before that can be watched."""
        root, steps = way
        found = self.ledger.values_of([source])
        if found is None or self._reached(way) is not found[0]:
            return False
        if not steps:
            return self._node_at(way, Watched.CLASS) is not None
        node = self._node_at((root, steps[:-1]), steps[-1].watched)
        if node is None:
            return False
        node.steps.setdefault(steps[-1], None)
        return True

    def _way(self, source: Source) -> Way | None:
        """How the object at ``source`` is reached from one that is worth it."""
        way = self._ways.get(source) or way_of(source)
        return None if way is None or way[0] not in self._begun() else way

    def _begun(self) -> dict[Source, weakref.ref[Any]]:
        """Where ways begin that lead to enough objects, with what is there."""
        if self._begin is None:
            many: Counter[Source] = Counter()
            for sources, weight in (
                (self.ledger.own_entries, 1),
                (self.ledger.sourced.lasting(), _FROM_ONE),  # they are asked in Python
            ):
                for source in sources if AVAILABLE else ():
                    way = self._ways[source] = way_of(source)
                    if way is not None:
                        many[way[0]] += weight
            enough = [root for root, count in many.items() if count >= _FROM_ONE]
            values = zip(enough, self.ledger.values_of(enough) or (), strict=False)
            found = {
                root: weakref.ref(value)
                for root, value in values
                if can_be_watched(value, Watched.NAMES) and not is_plain(value)
            }
            self._begin = found if sum(many[root] for root in found) >= _FROM else {}
        return self._begin

    def _reached(self, way: Way) -> Any:
        """What ``way`` leads to now; None if it leads nowhere."""
        root, steps = way
        try:
            return follow(self._begun()[root](), steps)
        except LEADS_NOWHERE:
            return None

    def _node_at(self, way: Way, what: str) -> Node | None:
        """The node of what is reached by ``way``, of which ``what`` is to be watched.

        None if that cannot be, or not of all on the way.
        """
        node = self._nodes.get(way)
        if node is not None and (way, what) in self._watchable:
            return node
        if not can_be_watched(self._reached(way), what):
            return None
        if node is None:
            root, steps = way
            if steps:
                parent = self._node_at((root, steps[:-1]), steps[-1].watched)
                if parent is None:
                    return None
                node = parent.steps[steps[-1]] = Node(is_plain=is_plain(self._reached(way)))
            else:
                node = self._roots[root] = Node()
            self._nodes[way] = node
        self._watchable.add((way, what))
        return node

    def check(self, names: dict[str, Any], together: Together) -> Callable[[Scope], bool] | None:
        """The check over all of them, also those that are added later; None if there is nothing.

        Args:
            names: the names that sources are read by.
            together: what is read together with them.
        """
        self._names, self._together = names, together
        if not self._begun():
            return together.holds if len(together) else None
        together.when_gone = self._at_rest.clear
        return self._holds

    def _holds(self, local: Scope) -> bool:
        key = (self._key or self._reading())(local)
        known = self._at_rest.get(key)
        if (known is None or not known.holds()) and not self._looked_at(key, local):
            return False
        return self._each_time is None or self._each_time(local)

    def _reading(self) -> Callable[[Scope], Hashable]:
        text = ", ".join(f"id({text_of(root)})" for root in self._roots)
        self._key = eval(f"lambda L: ({text})", self._names)
        return self._key

    def _looked_at(self, key: Hashable, local: Scope) -> bool:
        """Whether all is so, looked at from the start; then it is remembered."""
        if self._at_rest.pop(key, None) is not None or self._changes >= _OFTEN:
            self._changed()
        if not self._together.holds():
            return False
        gone = partial(_forget, weakref.ref(self), key)
        changed = partial(_note_change, weakref.ref(self))
        values = read([*self._roots], {**self._names, "L": local})
        try:
            roots = dict(zip(self._roots, values, strict=True))
            found = AtRest(self._roots, roots, self._asked, self._together, changed, gone)
        except Changed:
            return False
        if len(self._at_rest) >= _MOST:
            self._at_rest.clear()
        self._at_rest[key] = found
        return True

    def _changed(self) -> None:
        """Something has changed; what does at every call is better asked about each time."""
        self._changes += 1
        if self._changes < _OFTEN or self._each_time is not None:
            return
        plain = [one for one in self._asked if one.is_plain]
        self._asked = [one for one in self._asked if not one.is_plain]
        for node in self._nodes.values():
            node.steps = {
                step: to for step, to in node.steps.items() if to is None or not to.is_plain
            }
        names, reads = dict(self._names), Reads(source for one in plain for source in one.sources)
        terms = [
            asked_in_text(one.holds, f"__changing_{at}", names, [*map(reads.text, one.sources)])
            for at, one in enumerate(plain)
        ]
        self._each_time = eval(f"lambda L: {' and '.join(terms) or True}", names)
        self._key = None
        self._at_rest.clear()

    def facts(self) -> Iterator[Fact]:
        """Each name of each object as a fact of its own."""
        for source, entries in self.ledger.own_entries.items():
            way = self._ways.get(source)
            if way is None or way not in self._nodes:
                continue
            for name in entries.absent:
                text = f"that {source.name} has no {name} of its own"
                yield self._fact(text, source, way, name, entries.where)
            for name in entries.empty:
                text = f"that {source.name}.{name} is empty"
                yield self._fact(text, source, way, name, entries.where)

    def _fact(self, text: str, source: Source, way: Way, name: str, where: Any) -> Fact:
        shows = partial(_shown, way, name, self._names)
        return Fact("modules", text, source.name, partial(_is_nothing, shows), shows, *where)


def _note_change(own_dicts: weakref.ref[OwnDicts]) -> None:
    held = own_dicts()
    if held is not None:
        held._changed()


def _forget(own_dicts: weakref.ref[OwnDicts], key: Hashable, ref: weakref.ref[Any]) -> None:
    """One of the objects is gone: its memory must not be read."""
    held = own_dicts()
    if held is not None and held._at_rest.pop(key, None) is not None:
        held._changes += 1


def _shown(way: Way, name: str, names: dict[str, Any], now: Scope) -> Any:
    """What an object has under ``name`` at a call."""
    root, steps = way
    (value,) = read([root], {**names, "L": now})
    found = dict_of(follow(value, steps)).get(name, NOTHING)
    return dict(found) if issubclass(type(found), dict) else found


def _is_nothing(shows: Callable[[Scope], Any], now: Scope) -> bool:
    found = shows(now)
    return found is NOTHING or found == {}
