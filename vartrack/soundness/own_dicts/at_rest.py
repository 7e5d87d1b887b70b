"""`AtRest`: objects as they were found from some others, and whether they are still so."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vartrack.soundness.memory.dict_tags import WORD, pointer_place, tag_place
from vartrack.soundness.memory.words import Words
from vartrack.soundness.own_dicts.ways import Step, Way, dict_of, follow

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["Asked", "AtRest", "Changed", "Node", "pointer_of"]

#: What takes values and says whether something is still so, and the ways to the values.
Asked: TypeAlias = "tuple[Callable[..., bool], Sequence[Way]]"
_MAY_BE_GONE = type.__dict__["__weakrefoffset__"].__get__


class Changed(Exception):
    """Something is not as it was relied on, or cannot be looked at."""


class Node:
    """An object, what its ``__dict__`` has not, and the objects that it leads to."""

    __slots__ = ("absent", "empty", "ends", "steps")

    def __init__(self) -> None:
        #: The names that it does not have.
        self.absent: dict[str, None] = {}
        #: The names of dicts that are in it, and hold nothing.
        self.empty: dict[str, None] = {}
        self.steps: dict[Step, Node] = {}
        #: Steps to what is not looked at any further.
        self.ends: dict[Step, None] = {}


class _Found:
    """What one object holds."""

    __slots__ = ("entries", "items", "node", "ref")

    def __init__(self, node: Node, ref: weakref.ref[Any]) -> None:
        self.node = node
        self.ref = ref
        #: By name which object it holds, by its id.
        self.entries: dict[str, int] = {}
        #: The same of items, by the name of the dict and the key.
        self.items: dict[tuple[str, Any], int] = {}


def pointer_of(value: Any) -> int | None:
    """Where what points to its ``__dict__`` is; None if that cannot be looked at safely."""
    namespace = dict_of(value)
    if type(namespace) is not dict or not _MAY_BE_GONE(type(value)):
        return None
    return pointer_place(value, namespace)


class AtRest:
    """The objects that some others lead to, all of them as the trace relied on.

    What is looked at is whether the dict of each object is the one that it was, and has the tag
    that it had. Only where not its names are looked at again.

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
        self._found: list[_Found] = []
        #: The addresses of what points to the dict of each object, of the tag of each, and of the
        #: tags of dicts in them.
        self._places: tuple[list[int], list[int], list[int]] = [], [], []
        #: Of these last by whom they are held.
        self._holders: list[int] = []
        self._roots: dict[Source, weakref.ref[Any]] = {}
        for source, node in roots.items():
            self._roots[source] = weakref.ref(values[source])
            self._visit(values[source], node)
        self._asked = asked
        self._pointers, self._tags, self._inner = (Words(places, WORD) for places in self._places)
        self._seen = [words.read() for words in (self._pointers, self._tags, self._inner)]
        # once they were read, as another thread may have changed something before
        if not all(map(self._is_so, range(len(self._found)))) or not self._all_hold():
            raise Changed

    def _visit(self, value: Any, node: Node) -> None:
        """Look at ``value`` and all that it leads to."""
        namespace = dict_of(value)
        pointer = pointer_of(value)
        if pointer is None or not node.absent.keys().isdisjoint(namespace.keys()):
            raise Changed
        found = _Found(node, weakref.ref(value, self._gone))
        holder = len(self._found)
        self._found.append(found)
        pointers, tags, inner = self._places
        pointers.append(pointer)
        tags.append(tag_place(namespace))
        dicts = {}
        steps = (*node.steps, *node.ends)
        for name in (*node.empty, *(step[0] for step in steps if len(step) > 1)):
            dicts[name] = held = namespace.get(name)
            if not issubclass(type(held), dict) or (held and name in node.empty):
                raise Changed
        for name, held in dicts.items():
            found.entries[name] = id(held)
            inner.append(tag_place(held))
            self._holders.append(holder)
        for step, child in node.steps.items():
            if len(step) > 1:
                one = dict.get(dicts[step[0]], step[1], self)
                found.items[step] = id(one)
            else:
                one = namespace.get(step[0], self)
                found.entries[step[0]] = id(one)
            if one is self:
                raise Changed
            self._visit(one, child)

    def holds(self) -> bool:
        """Whether all is as it was."""
        pointers, tags, inner = self._seen
        if self._pointers.read() != pointers:
            return False
        # what is read next belongs to what was read before, and is there if that did not change
        now = self._tags.read()
        if now != tags and not self._still(1, now, range(len(self._found))):
            return False
        now = self._inner.read()
        return now == inner or self._still(2, now, self._holders)

    def _still(self, which: int, now: bytes, holders: Iterable[int]) -> bool:
        """Look again at objects whose dicts changed; the new tags are kept if all is so."""
        moved = np.frombuffer(now, WORD) != np.frombuffer(self._seen[which], WORD)
        if not all(
            self._is_so(holder) for holder, is_moved in zip(holders, moved, strict=True) if is_moved
        ):
            return False
        if not self._all_hold():
            return False
        self._seen[which] = now
        return True

    def _all_hold(self) -> bool:
        """Whether what is asked of the values is so."""
        try:
            for holds, ways in self._asked:
                if not holds(*(follow(self._roots[root](), steps) for root, steps in ways)):
                    return False
        except (KeyError, TypeError):  # a way leads nowhere now
            return False
        return True

    def _is_so(self, holder: int) -> bool:
        """Whether the object of this number holds what it held."""
        found = self._found[holder]
        namespace = dict_of(found.ref())
        if namespace is None or not found.node.absent.keys().isdisjoint(namespace.keys()):
            return False
        get = namespace.get
        if any(id(get(name)) != held for name, held in found.entries.items()):
            return False
        if any(get(name) for name in found.node.empty):
            return False
        return all(id(dict.get(get(name), key)) == one for (name, key), one in found.items.items())
