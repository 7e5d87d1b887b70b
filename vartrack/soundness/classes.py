"""What was looked up on classes: one check over all of them, by their version tags."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from vartrack.soundness import versions
from vartrack.soundness.facts import NOTHING, Fact, Scope
from vartrack.soundness.held import Held

if TYPE_CHECKING:
    from vartrack.soundness.ledger import Ledger

__all__ = ["Classes"]

_HEAP_TYPE = 1 << 9
_IMMUTABLE_TYPE = 1 << 8
_value = attrgetter("value")
_DESCRIPTORS = ("__get__", "__set__", "__delete__")


def can_change(cls: type) -> bool:
    """Whether attributes of ``cls`` itself can be set: it is not one of C's."""
    flags = type.__dict__["__flags__"].__get__(cls)
    return bool(flags & _HEAP_TYPE) and not flags & _IMMUTABLE_TYPE


def find(cls: type, name: str, after: type | None = None) -> tuple[type, Any] | None:
    """The class in whose ``__dict__`` Python finds ``name``, and what is there.

    Args:
        cls: the class that it is looked up on.
        name: the name.
        after: where ``super()`` begins: behind this class.
    """
    mro = type.__dict__["__mro__"].__get__(cls)
    if after is not None:
        mro = mro[mro.index(after) + 1 :] if after in mro else ()
    for base in mro:
        namespace = type.__dict__["__dict__"].__get__(base)
        if name in namespace:
            return base, namespace[name]
    return None


def is_data(value: Any) -> bool:
    """Whether ``value`` is given by a class as it is, and does nothing when it is read."""
    return find(type(value), "__get__") is None


class Look:
    """One name that was looked up on one class, and what was found.

    Of plain data only the place is compared: the value has a guard of torch's at that place.

    Args:
        cls: the class.
        name: the name.
        after: where ``super()`` began.
        guarded: whether torch guards plain data that was found.
    """

    __slots__ = ("after", "guarded", "name", "owner", "value")

    def __init__(self, cls: type, name: str, after: type | None, guarded: bool) -> None:
        self.name = name
        self.after = None if after is None else weakref.ref(after)
        found = find(cls, name, after)
        self.owner = self.value = None
        self.guarded = False
        if found is not None:
            owner, value = found
            self.owner = weakref.ref(owner)
            self.guarded = guarded and is_data(value)
            self.value = None if self.guarded else Held(value)

    def holds(self, cls: type) -> bool:
        """Whether ``cls`` gives the same for the name."""
        after = None
        if self.after is not None and (after := self.after()) is None:
            return False
        found = find(cls, self.name, after)
        if found is None or self.owner is None:
            return found is None and self.owner is None
        owner, value = found
        if self.value is not None:
            return self.value.is_(value)
        return self.owner() is owner and is_data(value)

    def shows(self, cls: type) -> Any:
        """What ``cls`` gives for the name."""
        after = None if self.after is None else self.after()
        found = find(cls, self.name, after)
        return NOTHING if found is None else found[1]


class Slots:
    """Which special methods a class had that torch's protocols ask for.

    Args:
        cls: the class.
        read: torch's own function that reads them.
    """

    __slots__ = ("bits", "read")

    name = "its special methods"

    def __init__(self, cls: type, read: Callable[[type], Any]) -> None:
        self.read = read
        self.bits = read(cls)

    def holds(self, cls: type) -> bool:
        """Whether it has the same."""
        return bool(self.read(cls) == self.bits)

    def shows(self, cls: type) -> Any:
        """Which it has."""
        return self.read(cls)


class Names:
    """Which names a class had, as ``dir`` and ``vars`` list them.

    Args:
        cls: the class.
    """

    __slots__ = ("found",)

    name = "the names"

    def __init__(self, cls: type) -> None:
        self.found = self._read(cls)

    @staticmethod
    def _read(cls: type) -> list[tuple[str, ...]]:
        mro = type.__dict__["__mro__"].__get__(cls)
        return [tuple(type.__dict__["__dict__"].__get__(base)) for base in mro]

    def holds(self, cls: type) -> bool:
        """Whether it has the same."""
        return self._read(cls) == self.found

    def shows(self, cls: type) -> Any:
        """The names."""
        return [name for names in self._read(cls) for name in names]


class Subclass:
    """Whether a class was a subclass of another, or of one of several.

    Args:
        cls: the class.
        target: what it is compared with.
    """

    __slots__ = ("answer", "name", "target")

    def __init__(self, cls: type, target: Any) -> None:
        self.target = target
        self.name = f"being a subclass of {target}"
        self.answer = issubclass(cls, target)

    def holds(self, cls: type) -> bool:
        """Whether it still is, or still is not."""
        return issubclass(cls, self.target) is self.answer

    def shows(self, cls: type) -> Any:
        """Whether it is one now."""
        return issubclass(cls, self.target)


#: What is compared when the tag of a class changed.
Row = Look | Slots | Names | Subclass


class _Looked:
    """One class, and all that was looked up on it."""

    __slots__ = ("looks", "ref", "tag", "text")

    def __init__(self, cls: type) -> None:
        self.ref = weakref.ref(cls)
        #: Its version before anything was looked up.
        self.tag = versions.Tag(cls).value if versions.AVAILABLE else 0
        self.text = f"{cls.__module__}.{cls.__qualname__}"
        self.looks: dict[Any, tuple[Row, Any]] = {}

    def changed(self) -> Iterator[Any]:
        """The keys of what is not as it was; nothing if the class is gone."""
        cls = self.ref()
        if cls is not None:
            for key, (look, _) in self.looks.items():
                if not look.holds(cls):
                    yield key


class Classes:
    """Notes what is looked up on classes while a compile runs.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "classes"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._looked: dict[int, _Looked] = {}

    def _of(self, cls: type) -> _Looked:
        entry = self._looked.get(id(cls))
        if entry is None or entry.ref() is not cls:
            entry = self._looked[id(cls)] = _Looked(cls)
        return entry

    def look(self, cls: type, *names: str, after: type | None = None, guarded: bool = True) -> None:
        """Note that ``names`` were looked up on ``cls``."""
        if not can_change(cls):
            return
        looks = self._of(cls).looks
        for name in names:
            key = (name, None if after is None else id(after))
            known = looks.get(key)
            if known is not None and (guarded or not known[0].guarded):  # type: ignore[union-attr]
                self.ledger.touch()
                continue
            looks[key] = Look(cls, name, after, guarded), self.ledger.note()
            found = find(cls, name, after)
            if found is not None and name not in _DESCRIPTORS:
                self.look(type(found[1]), *_DESCRIPTORS)

    def slots(self, cls: type, read: Callable[[type], Any]) -> None:
        """Note that a protocol asked which special methods ``cls`` has."""
        self._once(cls, "special methods", lambda: Slots(cls, read))

    def names(self, cls: type) -> None:
        """Note that all names of ``cls`` were listed."""
        self._once(cls, "all names", lambda: Names(cls))

    def subclass(self, cls: type, target: Any) -> None:
        """Note that it was asked whether ``cls`` is a subclass of ``target``."""
        self._once(cls, ("subclass", target), lambda: Subclass(cls, target))

    def _once(self, cls: type, key: Any, make: Callable[[], Row]) -> None:
        if can_change(cls):
            looks = self._of(cls).looks
            if key in looks:
                self.ledger.touch()
            else:
                looks[key] = make(), self.ledger.note()

    def check(self) -> Callable[[Scope], bool] | None:
        """The check over all classes; None if none was looked into."""
        entries = [entry for entry in self._looked.values() if entry.ref() is not None]
        return _Check(entries) if entries else None

    def facts(self) -> Iterator[Fact]:
        """Each look-up as a fact of its own."""
        for entry in self._looked.values():
            for look, where in entry.looks.values():
                text = f"{look.name} of {entry.text}"
                holds, shows = (functools.partial(ask, entry, look) for ask in (_is_so, _shown))
                yield Fact(self.kind, text, entry.text, holds, shows, *where)


def _is_so(entry: _Looked, look: Row, scope: Scope) -> bool:
    cls = entry.ref()
    return cls is None or look.holds(cls)


def _shown(entry: _Looked, look: Row, scope: Scope) -> Any:
    cls = entry.ref()
    return NOTHING if cls is None else look.shows(cls)


class _Check:
    """Whether all look-ups still give what they gave.

    The tags are read at every call; names are compared only where a tag changed, or says nothing.
    Then the class is given a valid tag again, and that is kept.
    """

    def __init__(self, entries: list[_Looked]) -> None:
        self.entries = entries
        self.tags: list[Any] = []
        self.seen: list[int] = []
        if versions.AVAILABLE:
            for entry in entries:
                cls = entry.ref()
                assert cls is not None, "left out by `Classes.check`"
                versions.refresh(cls)
                # memory of a class that is gone must not be read
                weakref.finalize(cls, _drop, weakref.ref(self), entry).atexit = False
                self.tags.append(versions.Tag(cls))
            self.seen = list(map(_version, entries, self.tags))

    def __call__(self, scope: Scope) -> bool:
        """Whether they do."""
        if self.tags and list(map(_value, self.tags)) == self.seen:
            return True
        seen = list(self.seen)
        for index, entry in enumerate(self.entries):
            if self.tags:
                tag = self.tags[index]
                if tag.value == seen[index]:
                    continue
            cls = entry.ref()
            if cls is not None and self.tags:
                versions.refresh(cls)
                seen[index] = tag.value or -1
            if any(True for _ in entry.changed()):
                return False
        self.seen = seen
        return True


def _version(entry: _Looked, tag: Any) -> int:
    """The version to go by; one that is never met if something changed since it was looked up."""
    version: int = tag.value or -1
    if version == entry.tag:
        return version
    return -1 if any(True for _ in entry.changed()) else version


def _drop(check: weakref.ref[_Check], entry: _Looked) -> None:
    """Have ``check`` look no more at a class that is gone."""
    held = check()
    if held is not None and entry in held.entries:
        index = held.entries.index(entry)
        for column in (held.entries, held.tags, held.seen):
            del column[index]
