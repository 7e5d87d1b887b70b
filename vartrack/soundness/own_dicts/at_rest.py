"""`AtRest`: objects as they were found from some others, and whether they are still so."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from torch import nn

from vartrack.soundness.memory import class_tags
from vartrack.soundness.memory.dict_tags import WORD, class_place, pointer_place, tag_place
from vartrack.soundness.memory.words import NEVER, Words
from vartrack.soundness.own_dicts.steps import Step, Watched, dict_of
from vartrack.soundness.own_dicts.ways import LEADS_NOWHERE, Way, follow

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["Asked", "AtRest", "Changed", "Node", "can_be_watched"]

#: What takes values and says whether something is still so, and the ways to the values.
Asked: TypeAlias = "tuple[Callable[..., bool], Sequence[Way]]"
#: What programs do not put another of in its place at every call: then all would be looked at.
_STAYING = (nn.Module, ModuleType)
_MAY_BE_GONE = type.__dict__["__weakrefoffset__"].__get__


class Changed(Exception):
    """Something is not as it was relied on, or cannot be watched."""


class Node:
    """An object, what it has not, and the objects that it leads to."""

    __slots__ = ("absent", "is_empty", "is_owner", "steps")

    def __init__(self) -> None:
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


def can_be_watched(value: Any, what: str) -> bool:
    """Whether it can be seen that ``what`` of ``value`` is as it was."""
    if what == Watched.ITEMS:
        return issubclass(type(value), dict)
    if not _MAY_BE_GONE(type(value)):
        return False
    if what == Watched.CLASS:
        return True
    if _is_class(value):
        class_tags.refresh(value)
        return class_tags.tag_of(value) != 0
    if not issubclass(type(value), _STAYING):
        return False
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

    __slots__ = ("owners", "places", "seen", "words")

    def __init__(self) -> None:
        self.places: list[int] = []
        #: Whose each of them is.
        self.owners: list[_Found] = []

    def add(self, place: int, owner: _Found) -> None:
        """Have the word at ``place`` read."""
        self.places.append(place)
        self.owners.append(owner)

    def begin(self) -> None:
        """Read all for the first time."""
        self.words = Words(self.places, WORD)
        self.seen = self.words.read()

    def moved(self, now: bytes) -> list[int]:
        """Which words are not what they were."""
        if self.seen is NEVER:
            return [*range(len(self.owners))]
        before = np.frombuffer(self.seen, WORD)
        found: list[int] = np.flatnonzero(np.frombuffer(now, WORD) != before).tolist()
        return found


class AtRest:
    """The objects that some others lead to, all of them as the trace relied on.

    What is looked at is whether the dict of each object is the one that it was, and has the tag
    that it had, and the same of dicts and classes on the way. Only where not the objects are
    looked at again.

    Args:
        roots: by where ways begin the nodes of the objects there.
        values: these objects.
        asked: what is asked of what ways lead to.
        gone: called with a weak reference once one of the objects is gone.

    Raises:
        Changed: something is not as the nodes say.
    """

    def __init__(
        self,
        roots: Mapping[Source, Node],
        values: Mapping[Source, Any],
        asked: Sequence[Asked],
        gone: Callable[[weakref.ref[Any]], None],
    ) -> None:
        self._gone = gone
        self._asked = asked
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
            stage.begin()
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
        owners = [stage.owners[at] for at in stage.moved(now)]
        if stage is self._stages[0]:
            if not all(_is_class(owner.get()) for owner in owners):
                return False  # an object has another dict, or is of another class
            for owner in owners:
                class_tags.refresh(owner.get())
            now = stage.words.read()  # before anything is compared
        if not self._are_so(owners, asking=any(owner.has_ends for owner in owners)):
            return False
        stage.seen = now if self._have_tags() else NEVER
        return True

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
            for holds, ways in self._asked:
                if not holds(*(follow(self._roots[root](), steps) for root, steps in ways)):
                    return False
        except (*LEADS_NOWHERE, AttributeError):  # a way leads nowhere now
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
