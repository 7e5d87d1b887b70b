"""`AtRest`: objects as they were found from some others, and whether they are still so."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import nn

from vartrack.soundness.memory import class_tags
from vartrack.soundness.memory.dict_tags import class_place, pointer_place, tag_place
from vartrack.soundness.memory.function_parts import AVAILABLE as FUNCTION_PARTS
from vartrack.soundness.memory.function_parts import annotations_place, cell_place
from vartrack.soundness.memory.together import Together, moved
from vartrack.soundness.memory.words import WORD, Words
from vartrack.soundness.own_dicts.steps import Cell, Step, Watched, dict_of
from vartrack.soundness.own_dicts.ways import LEADS_NOWHERE, Way, follow
from vartrack.soundness.reading.lookups import find

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["Asked", "AtRest", "Changed", "Node", "can_be_watched", "is_plain"]

#: What programs do not change at every call, or put another in its place.
_STAYING = (nn.Module, ModuleType)
#: How the attributes of most objects are found.
_AS_ALL = (object, object.__getattribute__)
_MAY_BE_GONE = type.__dict__["__weakrefoffset__"].__get__


class Asked(NamedTuple):
    """A question about values.

    Attributes:
        holds: takes them, and says whether something is still so.
        ways: lead to them.
        sources: where they come from.
        is_plain: whether an object is on one of the ways that programs may change at every call.
    """

    holds: Callable[..., bool]
    ways: Sequence[Way]
    sources: Sequence[Source]
    is_plain: bool


class Changed(Exception):
    """Something is not as it was relied on, or cannot be watched."""


class Node:
    """An object, what it has not, and the objects that it leads to."""

    __slots__ = ("absent", "is_empty", "is_owner", "is_plain", "steps")

    def __init__(self, *, is_plain: bool = False) -> None:
        #: Whether programs may change the object at every call.
        self.is_plain = is_plain
        #: The names that its ``__dict__`` does not have.
        self.absent: dict[str, None] = {}
        #: Whether it is a dict that holds nothing.
        self.is_empty = False
        #: Whether it is asked which dict it has.
        self.is_owner = False
        #: What they lead to; None of what is not looked at any further.
        self.steps: dict[Step, Node | None] = {}

    def watched(self) -> set[str]:
        """What of the object has to be watched."""
        watched = {step.watched for step in self.steps}
        if self.absent or self.is_owner:
            watched.add(Watched.NAMES)
        if self.is_empty:
            watched.add(Watched.ITEMS)
        return watched


def _is_class(value: Any) -> bool:
    return issubclass(type(value), type)


def is_plain(value: Any) -> bool:
    """Whether ``value`` is an object that programs may change at every call."""
    return not _is_class(value) and not issubclass(type(value), (*_STAYING, dict))


def can_be_watched(value: Any, what: str) -> bool:
    """Whether it can be seen that ``what`` of ``value`` is as it was."""
    if what == Watched.ITEMS:
        return issubclass(type(value), dict)
    if what in (Watched.CELLS, Watched.ANNOTATIONS):
        return FUNCTION_PARTS and type(value) is FunctionType
    if not _MAY_BE_GONE(type(value)):
        return False
    if what == Watched.CLASS:
        return True
    if _is_class(value):
        class_tags.refresh(value)
        return class_tags.tag_of(value) != 0
    if is_plain(value) and find(type(value), "__getattribute__") != _AS_ALL:
        return False  # it may give something else without a change
    namespace = dict_of(value)
    return type(namespace) is dict and pointer_place(value, namespace) is not None


class _Found:
    """One object that was found, and where its steps led."""

    __slots__ = ("get", "held", "node")

    def __init__(self, node: Node, get: Callable[[], Any]) -> None:
        self.node = node
        #: Gives the object.
        self.get = get
        #: By the steps the ids of what they led to.
        self.held: dict[Step, int] = {}

    @property
    def has_ends(self) -> bool:
        """Whether something is asked of what it holds itself."""
        return self.node.is_owner or None in self.node.steps.values()

    def is_so(self) -> bool:
        """Whether it has what it had, and has not what it had not."""
        value, node = self.get(), self.node
        if node.absent and not node.absent.keys().isdisjoint(dict_of(value).keys()):
            return False
        if node.is_empty and dict.__len__(value):
            return False
        return all(id(step.of(value)) == led_to for step, led_to in self.held.items())


class _Stage:
    """Words that may be read once those of the stages before it are what they were."""

    __slots__ = ("before", "owners", "places", "seen", "words")

    def __init__(self) -> None:
        self.places: list[int] = []
        #: Whose each of them is.
        self.owners: list[_Found] = []

    def add(self, place: int, owner: _Found) -> None:
        """Have the word at ``place`` read."""
        self.places.append(place)
        self.owners.append(owner)

    def begin(self, besides: Sequence[int] = ()) -> None:
        """Read all for the first time, after words at the places ``besides``."""
        self.words = Words([*besides, *self.places])
        self.before = self.words.read()
        #: What is read where all is so; None if that does not say it.
        self.seen: bytes | None = self.before

    def moved(self, now: bytes) -> list[_Found]:
        """Those of which a word is not what it was, or says nothing."""
        if self.seen is None:
            return self.owners
        return [self.owners[at] for at in moved(self.own(now), self.own(self.before))]

    def own(self, now: bytes) -> bytes:
        """The part of what was read that is of its own places."""
        return now[len(now) - len(self.places) * WORD.itemsize :]


def _places_in_function(function: Any, node: Node, watched: set[str]) -> Iterator[int]:
    """Where that lies which is watched of a function."""
    if Watched.ANNOTATIONS in watched:
        yield annotations_place(function)
    for step in node.steps:
        if type(step) is Cell:
            yield cell_place(function, step.number)


class AtRest:
    """The objects that some others lead to, all of them as the trace relied on.

    What is looked at is whether the dict of each object is the one that it was, and has the tag
    that it had, and the same of dicts and classes on the way. Only where not the objects are
    looked at again.

    Args:
        roots: by where ways begin the nodes of the objects there.
        values: these objects.
        asked: what is asked of what ways lead to.
        together: what holds, and is read with what objects say themselves.
        changed: called where an object has changed that may at every call.
        gone: called with a weak reference once one of the objects is gone.

    Raises:
        Changed: something is not as the nodes say.
    """

    def __init__(
        self,
        roots: Mapping[Source, Node],
        values: Mapping[Source, Any],
        asked: Sequence[Asked],
        together: Together,
        changed: Callable[[], None],
        gone: Callable[[weakref.ref[Any]], None],
    ) -> None:
        self._gone = gone
        self._changed = changed
        self._asked = asked
        self._together, self._besides = together, together.places
        self._classes: list[Callable[[], Any]] = []
        self._found: list[_Found] = []
        #: What objects and classes say themselves; the tags of the dicts of objects; those of
        #: dicts that are held there, of dicts that these hold, and so on.
        self._stages = [_Stage(), _Stage(), _Stage()]
        self._roots = {source: weakref.ref(values[source], gone) for source in roots}
        try:
            for source, node in roots.items():
                self._visit(values[source], node, self._roots[source], 0)
        except LEADS_NOWHERE:
            raise Changed from None
        for stage in self._stages:
            stage.begin(self._besides if stage is self._stages[0] else ())
        self._keep(self._stages[0], self._stages[0].before)
        # once all were read, as another thread may have changed something before
        if not self._are_so(self._found, asking=True):
            raise Changed

    def _visit(self, value: Any, node: Node, get: Callable[[], Any], depth: int) -> None:
        """Look at ``value`` and all that it leads to.

        Args:
            value: an object.
            node: its node.
            get: gives it, as long as what leads to it does.
            depth: in how many dicts it is, one in the other.
        """
        watched = node.watched()
        if not all(can_be_watched(value, what) for what in watched):
            raise Changed
        if watched - {Watched.ITEMS}:
            get = weakref.ref(value, self._gone)
        found = _Found(node, get)
        self._found.append(found)
        if Watched.CLASS in watched:
            self._stages[0].add(class_place(value), found)
        if Watched.NAMES in watched:
            self._watch_names(value, found)
        for place in _places_in_function(value, node, watched):
            self._stages[0].add(place, found)
        if Watched.ITEMS in watched:
            self._stage(depth + 2).add(tag_place(value), found)
        for step, child in node.steps.items():
            if child is not None:
                to = step.of(value)
                found.held[step] = id(to)
                inside = depth + 1 if step.watched == Watched.ITEMS else 0
                self._visit(to, child, _Taken(found, step), inside)

    def _watch_names(self, value: Any, found: _Found) -> None:
        if _is_class(value):
            self._classes.append(found.get)
            self._stages[0].add(class_tags.place_of(value), found)
            return
        namespace = dict_of(value)
        place = pointer_place(value, namespace)
        assert place is not None  # it can be watched
        self._stages[0].add(place, found)
        self._stages[1].add(tag_place(namespace), found)

    def _stage(self, number: int) -> _Stage:
        while len(self._stages) <= number:
            self._stages.append(_Stage())
        return self._stages[number]

    def holds(self) -> bool:
        """Whether all is as it was."""
        for stage in self._stages:
            now = stage.words.read()
            if now != stage.seen and not self._still(stage, now):
                return False
        return True

    def _still(self, stage: _Stage, now: bytes) -> bool:
        """Look again at what has changed; what it says of itself now is kept if all is so."""
        if stage is self._stages[0] and not self._holds_besides():
            return False
        owners = stage.moved(now)
        if stage is self._stages[0]:
            if not all(_is_class(owner.get()) for owner in owners):
                return False  # an object has another dict, or is of another class
            for owner in owners:
                class_tags.refresh(owner.get())
            now = stage.words.read()  # before anything is compared
        if not self._are_so(owners, asking=any(owner.has_ends for owner in owners)):
            return False
        self._keep(stage, now)
        if any(owner.node.is_plain for owner in owners):
            self._changed()
        return True

    def _holds_besides(self) -> bool:
        """Whether that does which is read with the first stage, and its words are still there."""
        return self._together.holds() and self._together.places is self._besides

    def _keep(self, stage: _Stage, now: bytes) -> None:
        """Keep what was read where all is so."""
        stage.before = stage.seen = now
        if stage is self._stages[0]:
            besides = self._together.seen if self._have_tags() else None
            stage.seen = None if besides is None else besides + stage.own(now)

    def _have_tags(self) -> bool:
        """Whether all classes have a tag that says something."""
        return all(
            cls is None or class_tags.tag_of(cls) for cls in (ref() for ref in self._classes)
        )

    def _are_so(self, found: Sequence[_Found], *, asking: bool) -> bool:
        """Whether these objects, and what is asked of values, are as they were."""
        try:
            if not all(one.is_so() for one in found):
                return False
            if not asking:
                return True
            for one in self._asked:
                ways = one.ways
                if not one.holds(*(follow(self._roots[root](), steps) for root, steps in ways)):
                    return False
        except LEADS_NOWHERE:  # a way leads nowhere now
            return False
        return True


class _Taken:
    """What one step leads to from something that was found."""

    __slots__ = ("found", "step")

    def __init__(self, found: _Found, step: Step) -> None:
        self.found = found
        self.step = step

    def __call__(self) -> Any:
        """It as it is now."""
        return self.step.of(self.found.get())
