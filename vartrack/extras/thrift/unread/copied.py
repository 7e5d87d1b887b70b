"""Lists and tuples that are made of one from outside: `self.losses[-100:]`, `self.losses + [loss]`.

What they have of the one from outside is neither read nor guarded, until something is done with it:
the part is taken again when the graph has run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, SliceVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of, sliced
from vartrack.compat.hooks import of_base
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.called_back import called_by_compiled
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.held import is_built, item_before, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.ends import Ends
from vartrack.extras.thrift.unread.grown import Sortable, build_list

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = [
    "COPIED",
    "Copied",
    "added",
    "copy_of",
    "copy_of_made",
    "display_of",
    "has_bounds_that_vary",
    "joined_list",
    "joined_tuple",
    "part_at",
    "part_between",
    "part_of",
]


class Copied(Ends):
    """What is made of a part of one from outside, and of what is known.

    Attributes:
        made_of: what comes first, how many of the part's first and last items are left out, and
            what comes last.
        by_torch: gives torch's own tracker of the part, where that costs less to guard.
    """

    own_state = ("by_torch", "made_of", "part")
    _nonvar_fields = {"by_torch", "part", *Ends._nonvar_fields}

    def __init__(self, before: Any, asked: Any, *, state: Ends | None, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.part = asked.source
        self.by_torch: Callable[[], Any] = _nothing
        if isinstance(state, Copied):
            self.by_torch = state.by_torch
        if state is not None:
            self.front, self.back = [*state.front], [*state.back]
            self.gone_first, self.gone_last = state.gone_first, state.gone_last
            self.more = state.more

    @property
    def place(self) -> Any:
        return self.part

    @property
    def is_read_by_torch(self) -> bool:
        """Whether torch makes the part as well, with guards of its own."""
        return self.by_torch is not _nothing

    def start(self, front: Sequence[Any], back: Sequence[Any]) -> None:
        """Have more come first and last; what is done from now on is done to all of that."""
        self.front[:0] = front
        self.back += back
        self.more += len(front) + len(back)
        self.made_of = ([*self.front], self.gone_first, self.gone_last, [*self.back])

    def as_before(self, tx: Any) -> VariableTracker:
        """What it was made with, each of its items."""
        front, first, last, back = self.made_of
        known = self.by_torch()
        if known is not None:
            return self._made([*front, *known.items[first : len(known.items) - last], *back])
        install_guard(self.place.make_guard(GuardBuilder.SEQUENCE_LENGTH))
        numbers = range(first, len(self.before) - last)
        middle = [item_before(tx, self.place, self.asked, number) for number in numbers]
        return self._made([*front, *middle, *back])

    def _made(self, items: list[VariableTracker]) -> VariableTracker:
        raise NotImplementedError

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it anew of the part, and of what is known."""
        front, first, last, back = self.made_of
        codegen.add_push_null(lambda: codegen.load_import_from(__name__, self.joined_by))
        build_list(codegen, front)
        codegen(self.place)
        for number in (first, last):
            codegen.append_output(codegen.create_load_const(number))
        build_list(codegen, back)
        codegen.extend_output(create_call_function(5, False))

    #: What makes it.
    joined_by: str


@called_by_compiled
def joined_list(front: list[Any], part: Any, first: int, last: int, back: list[Any]) -> list[Any]:
    """``part`` without some of its first and last items, with what comes before and after it."""
    return [*front, *[*part][first : len(part) - last], *back]


@called_by_compiled
def joined_tuple(*parts: Any) -> tuple[Any, ...]:
    """The same as a tuple."""
    return tuple(joined_list(*parts))


class CopiedList(Copied, Sortable, ListVariable):
    """A list that is made of one from outside, or of a deque."""

    ordinary = ListVariable
    joined_by = "joined_list"

    def _sort_to(self, place: Any, items: list[Any], asked: Any) -> None:
        super()._sort_to(place, items, asked)
        self.part, self.by_torch, self.written = place, _nothing, []
        self.start([], [])

    def _made(self, items: list[VariableTracker]) -> VariableTracker:
        return ListVariable(items, mutation_type=ValueMutationNew())

    def reconstruct(self, codegen: PyCodegen) -> None:
        of_base(super().reconstruct)(codegen)
        self._write_again(codegen)


class CopiedTuple(Copied, TupleVariable):
    """A tuple that is made of one from outside."""

    ordinary = TupleVariable
    joined_by = "joined_tuple"

    def _made(self, items: list[VariableTracker]) -> VariableTracker:
        return TupleVariable(items)


#: The trackers of what is made so.
COPIED: frozenset[type] = frozenset({CopiedList, CopiedTuple})
_OF_TYPE: dict[type, Any] = {list: CopiedList, tuple: CopiedTuple}


def copy_of(tx: Any, base: Any, cls: type) -> Copied | None:
    """``cls(base)`` of a sequence of which not all is known; None if it is to be read.

    Args:
        tx: the tracer.
        base: the sequence, a late one or one that was changed at its ends.
        cls: `list` or `tuple`.
    """
    if is_stored(tx):
        return None
    if is_late(base):
        if type(base.example) not in (list, tuple, deque) or is_built(base):
            return None
        base.rely_on_type()
        note_read(tx, base)
        return _start(_OF_TYPE[cls], base.example, base.asked, None)
    known = base.unwrap()
    if not isinstance(known, Ends) or known.is_emptied or not known.has_certain_ends():
        return None
    return _start(_OF_TYPE[cls], known.before, known.asked, known)


def copy_of_made(cls: type, made: Any, asked: Any, by_torch: Callable[[], Any]) -> Copied:
    """A list or tuple that is made anew at the place of ``asked``.

    Args:
        cls: `list` or `tuple`.
        made: what it is at hand.
        asked: what is asked of it.
        by_torch: gives torch's own tracker of it, which is then read; None if there is none.
    """
    copied = _start(_OF_TYPE[cls], made, asked, None)
    copied.by_torch = by_torch
    return copied


def _nothing() -> None:
    """That torch makes nothing of it."""


def _start(cls: Any, before: Any, asked: Any, state: Ends | None) -> Copied:
    options = {"mutation_type": ValueMutationNew()} if cls is CopiedList else {}
    copied: Copied = cls(before, asked, state=state, **options)
    copied.start([], [])
    return copied


def added(tx: Any, left: Any, right: Any) -> Copied | None:
    """``left + right``, one of which the traced code has made; None if it is to be read."""
    for base, other in ((left, right), (right, left)):
        cls = _type_of(base)
        items = None if cls is None or base is other else _items_of(other, cls)
        if cls is None or items is None:
            continue
        copied = copy_of(tx, base, cls)
        if copied is not None:
            copied.start(*(([], items) if base is left else (items, [])))
        return copied
    return None


def display_of(tx: Any, made: Any, more: Any) -> Copied | None:
    """``[..., *more]`` of which the traced code has made what comes before; None to read it."""
    front = _items_of(made, list)
    copied = None if front is None else copy_of(tx, more, list)
    if copied is not None:
        copied.start(front or [], [])
    return copied


def _type_of(base: Any) -> type | None:
    """Whether it is a list or tuple of which not all is known."""
    cls: Any
    if is_late(base):
        cls = type(base.example)
    else:
        known = base.unwrap()
        cls = known.python_type() if issubclass(type(known), Ends) else None
    return cls if cls in _OF_TYPE else None


def _items_of(made: Any, cls: type) -> list[VariableTracker] | None:
    """The items of what the traced code has made, if it is of that type."""
    known = made.unwrap()
    if type(known) not in (ListVariable, TupleVariable) or known.source is not None:
        return None
    return list(known.items) if known.python_type() is cls else None


def part_at(tx: Any, base: Any, index: Any) -> Copied | None:
    """``base[index]`` of a slice; None if it is none, or the items are to be read."""
    if has_bounds_that_vary(index):
        return part_between(tx, base, index.unwrap().items)
    if waits(index) or not isinstance(index.unwrap(), SliceVariable):
        return None
    return part_of(tx, base, index.as_python_constant()) if index.is_python_constant() else None


def has_bounds_that_vary(index: Any) -> bool:
    """Whether it is a slice, one of whose bounds varies."""
    known = None if waits(index) else index.unwrap()
    if not isinstance(known, SliceVariable):
        return False
    return any(waits(each) or is_symbol(each) for each in known.items)


def part_of(tx: Any, base: Any, part: slice) -> Copied | None:
    """``base[part]`` of a list or tuple of which not all is known; None if it is to be read."""
    cls = _type_of(base)
    bounds = (part.start, part.stop, part.step)
    if cls is None or any(bound is not None and type(bound) is not int for bound in bounds):
        return None
    if part.step not in (None, 1) and bounds != (None, None, -1):
        return None
    copied = copy_of(tx, base, cls)
    if part.step == -1:
        is_plain = copied is not None and copied.is_whole and not copied.back
        return _backwards(tx, copied) if is_plain else None  # type: ignore[arg-type]
    if copied is None or (not part.start and part.stop is None):
        return copied
    if copied.is_whole and not copied.back:
        return _taken(tx, copied, part)
    if part.stop is None and part.start < 0:
        return _last_of(tx, copied, -part.start)
    if not part.start and part.stop > 0:
        return _first_of(tx, copied, part.stop)
    first, last = part.start or 0, part.stop or 0
    if first < 0 or last > 0:
        return None
    for take, count in ((copied.take_first, first), (copied.take_last, -last)):
        if copied.left < count or any(take(tx) is None for _ in range(count)):
            return None
        copied.more -= count
    copied.start([], [])
    return copied


def part_between(tx: Any, base: Any, bounds: Sequence[Any]) -> Copied | None:
    """``base[start:stop]`` of a list or tuple, the bounds of which vary; None to read it."""
    cls = _type_of(base)
    places = [_bound(each) for each in bounds]
    if cls is None or places[2] not in (None, 1) or _UNKNOWN in places:
        return None
    copied = copy_of(tx, base, cls)
    if copied is None or not copied.is_whole or copied.back:
        return None
    part = slice(*map(example_of, bounds))
    for bound in filter(waits, bounds):
        bound.rely_on_type()
    return _taken(tx, copied, part, places=places)


#: Stands for a bound that is only known in the graph, or is no number.
_UNKNOWN: Any = object()


def _bound(bound: Any) -> Any:
    """Where compiled code finds a bound; a constant stands for itself."""
    if waits(bound):
        place = bound.place() if bound.type_at_hand is int else None
    elif is_symbol(bound):
        place = place_of_symbol(bound) if bound.python_type() is int else None
    else:
        known = bound.unwrap()
        is_known = type(known) is ConstantVariable and type(known.value) in (int, type(None))
        return known.value if is_known else _UNKNOWN
    return _UNKNOWN if place is None else place


def _taken(
    tx: Any,
    copied: Copied,
    part: slice,
    back: Sequence[Any] = (),
    places: Sequence[Any] | None = None,
) -> Copied:
    """A part of what was there before, and ``back``; the bounds may be at ``places``."""
    bounds = (part.start, part.stop, part.step) if places is None else places
    name = f"{sliced.__module__}.{sliced.__name__}"
    text = "{}[{}:{}:{}]"
    place = worked_out(text, name, (copied.place, *bounds))
    before = copied.before[part]
    taken = _start(type(copied), before, Asked(tx, place, before), None)
    taken.start([], back)
    return taken


def _backwards(tx: Any, copied: Copied) -> Copied:
    """All of it, the last first; the items are read of what it is made of."""
    taken = _taken(tx, copied, slice(None, None, -1))
    taken.by_torch = lambda: TupleVariable(copied.as_before(tx).items[::-1])  # type: ignore[attr-defined]
    return taken


def _last_of(tx: Any, copied: Copied, count: int) -> Copied | None:
    """The last ``count`` items, of which some are known."""
    known, last = copied.back, copied.gone_last
    if count <= len(known) or copied.front or copied.gone_first:
        return None
    part = slice(len(known) - count - last, -last or None)
    return _taken(tx, copied, part, known)


def _first_of(tx: Any, copied: Copied, count: int) -> Copied | None:
    """The first ``count`` items, if so many are left of what was there before."""
    if copied.front or copied.left < count:
        return None
    copied.rely_on(copied.gone_first + copied.gone_last + count)
    return _taken(tx, copied, slice(copied.gone_first, copied.gone_first + count))
