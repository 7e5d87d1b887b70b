"""What a snapshot holds: parts that traced code may read, and must not change."""

from __future__ import annotations

import collections
import copy
from collections import deque
from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from torch._dynamo.source import AttrSource, DictGetItemSource, GetItemSource
from torch._dynamo.variables.base import ValueMutationExisting, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable

from vartrack.bases.content import added, stored
from vartrack.compat.names import SetVariable

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["Access", "ReadOnlyMutation", "Trial", "container", "forbid_changes", "way_to"]

_SEQUENCES = (list, tuple, deque)
_MAPPINGS = (dict, collections.OrderedDict)
_CONTAINERS = (*_SEQUENCES, *_MAPPINGS)
#: What is copied, as a subclass, by what going through it shows.
_SHOWING: tuple[Any, ...] = (list, deque, dict, set)


class Access(NamedTuple):
    """One step from a value to a part of it: the attribute ``key``, or the item at ``key``."""

    kind: str
    key: Any

    def source(self, base: Source | None) -> Source | None:
        """The source of the part of what is at ``base``."""
        if base is None:
            return None
        kinds: dict[str, Any] = {
            "attr": AttrSource,
            "index": GetItemSource,
            "item": DictGetItemSource,
        }
        return kinds[self.kind](base, self.key)

    def emit(self, codegen: PyCodegen) -> None:
        """Write the instructions that replace the value on the stack by the part."""
        if self.kind == "attr":
            codegen.append_output(codegen.create_load_attr(self.key))
        else:
            codegen.append_output(codegen.create_load_const(self.key))
            codegen.append_output(codegen.create_binary_subscr())


class ReadOnlyMutation(ValueMutationExisting):
    """Marks a list or dict that a snapshot holds: changing it breaks the graph.

    Args:
        refuse: breaks the graph.
    """

    def __init__(self, refuse: Callable[[], Any]) -> None:
        self.refuse = refuse
        super().__init__()

    @property
    def is_modified(self) -> bool:
        """Always False. torch sets it when traced code changes the container."""
        return False

    @is_modified.setter
    def is_modified(self, changed: bool) -> None:
        if changed:
            self.refuse()


class _ReadOnly:
    """A container that a snapshot holds. One without a source is part of a new snapshot."""

    #: Writes the instructions that load the container; set if it has no source.
    load: Callable[[PyCodegen], None] | None = None
    #: Whether a change was refused. torch must not go on to work it out on a copy.
    refused = False

    def is_python_constant(self) -> bool:
        return not self.refused and super().is_python_constant()  # type: ignore[misc,no-any-return]

    def as_python_constant(self) -> Any:
        if self.refused:
            raise NotImplementedError(f"{self} was to be changed")
        return super().as_python_constant()  # type: ignore[misc]

    def clone(self, **changes: Any) -> VariableTracker:
        """A copy, such as a slice, which is nobody's part."""
        own = {name: item for name, item in vars(self).items() if name not in ("load", "refused")}
        return type(self)(**{**own, **changes})

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.load is None:
            super().reconstruct(codegen)  # type: ignore[misc]
        else:
            self.load(codegen)


class ReadOnlyListVariable(_ReadOnly, ListVariable):
    """A list that a snapshot holds."""

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "sort" and isinstance(self.mutation_type, ReadOnlyMutation):
            # torch would turn the refusal into an exception of the traced program
            self.mutation_type.refuse()
        return super().call_method(tx, name, args, kwargs)


class ReadOnlyDictVariable(_ReadOnly, ConstDictVariable):
    """A dict that a snapshot holds."""


class ReadOnlySetVariable(_ReadOnly, SetVariable):
    """A set that a snapshot holds."""


class ReadOnlyDequeVariable(_ReadOnly, DequeVariable):
    """A deque that a snapshot holds."""


def container(value: Any, part: Callable[[Any, Access], VariableTracker]) -> VariableTracker | None:
    """The tracker of a container of exactly a standard type; None for anything else.

    Args:
        value: the container.
        part: makes the tracker of one item.
    """
    cls = type(value)
    if cls is tuple or cls is list:
        items = [part(item, Access("index", index)) for index, item in enumerate(value)]
        return (TupleVariable if cls is tuple else ReadOnlyListVariable)(items)
    if cls is deque:
        items = [part(item, Access("index", index)) for index, item in enumerate(value)]
        return ReadOnlyDequeVariable(items, ConstantVariable.create(value.maxlen))
    if cls is dict and all(map(ConstantVariable.is_literal, value)):
        pairs = {
            ConstantVariable.create(key): part(item, Access("item", key))
            for key, item in value.items()
        }
        return ReadOnlyDictVariable(pairs)
    if cls is set and all(map(ConstantVariable.is_literal, value)):
        return ReadOnlySetVariable([ConstantVariable.create(item) for item in value])
    return None


def forbid_changes(
    tx: Any, value: Any, tracker: VariableTracker, refuse: Callable[[], Any]
) -> None:
    """File ``tracker`` as that of ``value``, so that it is met again wherever ``value`` is."""

    def mark_and_refuse() -> Any:
        tracker.refused = True  # type: ignore[attr-defined]
        return refuse()

    tx.output.side_effects.track_mutable(value, tracker)
    tracker.mutation_type = ReadOnlyMutation(mark_and_refuse)


class Trial:
    """A deep copy of a value, on which uses of the value are tried.

    Attributes:
        subject: the copy.
        originals: for the id of each part of the copy, that part and the part it is a copy of.
    """

    def __init__(self, value: Any) -> None:
        self.memo: dict[int, Any] = {}
        self.originals: dict[int, tuple[Any, Any]] = {}
        self.subject = self.copy(value)
        for part, original in self.originals.values():
            if not self._is_faithful(part, original):
                cls = type(original).__qualname__
                raise TypeError(f"a copy of a {cls} does not hold the items that it holds")

    def copy(self, value: Any) -> Any:
        """A deep copy of ``value``; what was copied before is not copied again."""
        result = copy.deepcopy(value, self.memo)
        # deepcopy keeps what it copied in its memo, under the id of the memo
        for original in self.memo.get(id(self.memo), ()):
            self._pair(self.memo[id(original)], original)
        return result

    def _pair(self, part: Any, original: Any) -> None:
        if part is original or id(part) in self.originals:
            return
        self.originals[id(part)] = (part, original)
        if type(part) in (*_CONTAINERS, set) or type(part) is not type(original):
            return
        for name, item in (added(original) or {}).items():
            if name not in stored(part):
                object.__setattr__(part, name, self.copy(item))
        # what a __deepcopy__ of the class's own copied in its own way
        kept = {**stored(original), "__dict__": getattr(original, "__dict__", None)}
        for name, item in {**stored(part), "__dict__": getattr(part, "__dict__", None)}.items():
            if type(item) in (*_CONTAINERS, set) and type(kept.get(name)) is type(item):
                self._pair(item, kept[name])

    def _is_faithful(self, part: Any, original: Any) -> bool:
        """Whether a copy has the items of the original: `copy` takes those that it shows."""
        base = next((base for base in _SHOWING if isinstance(original, base)), None)
        if base is None or type(original) is base:
            return True
        copied, held = self._items(base, part), self._items(base, original)
        return copied == held if base in (list, deque) else set(copied) == set(held)

    def _items(self, base: Any, one: Any) -> list[Any]:
        """What ``one`` holds as a ``base``, by the ids of what was copied."""
        items = list(base.__iter__(one))
        names = [id(self.original(item)) for item in items]
        if base is not dict:
            return names
        values = (id(self.original(dict.__getitem__(one, key))) for key in items)
        return list(zip(names, values, strict=True))

    def parts(self) -> dict[int, Any]:
        """The originals of all that was copied, each under its id."""
        return {id(original): original for _, original in self.originals.values()}

    def original(self, part: Any) -> Any:
        """What ``part`` is a copy of; ``part`` itself if it was not copied."""
        copied, original = self.originals.get(id(part), (None, part))
        return original if copied is part else part

    def shares(self, result: Any) -> bool:
        """Whether ``result`` is or holds a part of the copy."""
        memo: dict[int, Any] = {}
        try:
            copy.deepcopy(result, memo)
        except Exception:
            return False
        met = [result, *memo.get(id(memo), ())]
        return any(self.original(part) is not part for part in met)


def way_to(value: Any, part: Any, within: Container[int]) -> list[Access] | None:
    """The shortest way from ``value`` to ``part`` by attributes and items; None if there is none.

    Args:
        value: where the way begins.
        part: where it is to end.
        within: the ids of the objects that it may lead through, besides containers.
    """
    queue: deque[tuple[Any, list[Access]]] = deque([(value, [])])
    met = {id(value)}
    while queue:
        whole, way = queue.popleft()
        for step, item in _accesses(whole):
            if item is part:
                return [*way, step]
            passable = id(item) in within or type(item) in _CONTAINERS
            if passable and id(item) not in met:
                met.add(id(item))
                queue.append((item, [*way, step]))
    return None


def _accesses(whole: Any) -> Iterator[tuple[Access, Any]]:
    if type(whole) in _SEQUENCES:
        for index, item in enumerate(whole):
            yield Access("index", index), item
    elif type(whole) in _MAPPINGS:
        for key, item in whole.items():
            if ConstantVariable.is_base_literal(key):
                yield Access("item", key), item
    else:
        for name, item in stored(whole).items():
            yield Access("attr", name), item
        if hasattr(whole, "__dict__"):
            yield Access("attr", "__dict__"), vars(whole)
