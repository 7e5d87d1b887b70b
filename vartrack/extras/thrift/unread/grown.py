"""Lists and deques that the traced code adds to, and takes from: `self.losses.append(loss)`.

What was in them before is neither read nor guarded, until something else is done with them. One
item of a list may be replaced: `cache[layer] = keys`, also at an index that varies.
"""

from __future__ import annotations

import functools
import itertools
import operator
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import (
    create_call_method,
    create_dup_top,
    create_instruction,
)
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Asked, Question
from vartrack.extras.thrift.unread import sorted_in_place
from vartrack.extras.thrift.unread.ends import Ends
from vartrack.extras.thrift.unread.varying import place_of_varying, place_or_literal

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = [
    "Grown",
    "GrownDeque",
    "GrownList",
    "Sortable",
    "build_list",
    "holds",
    "length_after",
    "number_of",
]


class Grown(Ends):
    """A sequence from outside of which only the ends are known, and what was done to it.

    `written` has that: the methods that were called, each with what it was called with.
    """

    #: From a method that adds several to the one that adds one of them.
    of_each = {"extend": "append"}
    adding = frozenset({"append", "extend", "pop", "clear", "insert", "remove", "__delitem__"})

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        result = None if kwargs or name not in self.adding else self.done(tx, name, [*args])
        if result is not None:
            return result
        self.become_ordinary()
        result = self.call_method(tx, name, args, kwargs)
        return result

    def done(self, tx: Any, name: str, args: list[Any]) -> VariableTracker | None:
        """What a method gives that can be called without reading the rest; None if it cannot."""
        if name in self.of_each:
            items = _items_of(args[0]) if len(args) == 1 else None
            if items is None:
                return None
            for item in items:
                self.done(tx, self.of_each[name], [item])
            return self.note(tx, ())
        do = getattr(self, f"_do_{name.strip('_')}", None)
        result: VariableTracker | None = None if do is None else do(tx, args)
        if result is not None:
            self.note(tx, [(name, args)])
        return result

    def _do_append(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        if len(args) != 1:
            return None
        self.back.append(args[0])
        self.more += 1
        return _nothing()

    def _do_pop(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        return self._taken(tx, number_of(args[0]) if len(args) == 1 else None if args else -1)

    def _do_delitem(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        taken = self._taken(tx, number_of(args[0]) if len(args) == 1 else None)
        return None if taken is None else _nothing()

    def _taken(self, tx: Any, number: int | None) -> VariableTracker | None:
        """The first or last item, which is taken away."""
        if number not in (0, -1) or not self.has_certain_ends():
            return None
        item = self.take_first(tx) if number == 0 else self.take_last(tx)
        if item is not None:
            self.more -= 1
        return item

    def _do_clear(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        if args:
            return None
        self.front, self.back = [], []
        self.is_emptied, self.is_jumbled = True, False
        self.more = 0
        return _nothing()

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Do again what was done."""
        name, args = one
        if name in _BY_NUMBER:
            args = [args[0].realize(), *args[1:]] if args else args
        tracker.call_method(tx, name, args, {})

    def _write_again(self, codegen: PyCodegen) -> None:
        """Write code that does again to what is on the stack what was done."""
        for name, run in itertools.groupby(self.written, operator.itemgetter(0)):
            if name in self.of_several:
                _write_call(codegen, self.of_several[name], [[args[0] for _, args in run]])
                continue
            for _, args in run:
                _write_call(codegen, name, args)

    #: From a method that adds one item to the one that adds several.
    of_several = {"append": "extend"}


class Sortable(Grown):
    """A list of which only the ends are known, which may be sorted in place."""

    adding = Grown.adding | {"sort"}

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "sort" and not args and self._is_sorted(tx, kwargs):
            return _nothing()
        return super().call_method(tx, name, args, kwargs)

    def _is_sorted(self, tx: Any, kwargs: dict[str, Any]) -> bool:
        """Have it sorted without reading what was there before, if that can be done."""
        if not kwargs.keys() <= {"reverse"} or is_stored(tx) or self.is_emptied:
            return False
        backwards = sorted_in_place.is_backwards(kwargs)
        if backwards is None or not self.has_certain_ends():
            return False
        known = [*self.front, *self.back]
        can_be_sorted = sorted_in_place.question_of_types(self.before, known)
        if len(known) > _MOST or can_be_sorted is None:
            return False
        if self.asked.put(can_be_sorted) is not True:
            return False
        ends = (self.gone_first, self.gone_last, len(self.front))
        place = sorted_in_place.place_in_order(backwards, self.place, ends, known)
        # turned round before and after, those that are equal stay as they were
        steps = ("reverse", "sort", "reverse") if backwards else ("sort",)
        self.note(tx, [(step, []) for step in steps])
        if place is None:
            self.is_jumbled = True
            return True
        sort = sorted_in_place.descending if backwards else sorted_in_place.ascending
        items = sort(self.before, *ends, *map(example_of, known))
        self._sort_to(place, items, Asked(tx, place, items))
        return True

    def _sort_to(self, place: Any, items: list[Any], asked: Any) -> None:
        """Have it go on as what is at ``place``, which is the same in order."""
        self.before, self.asked = items, asked
        self.front, self.back = [], []
        self.gone_first = self.gone_last = self.more = 0


class GrownList(Sortable, ListVariable):
    """A list from outside of which only the ends are known, or what was put in another's place.

    Attributes:
        replaced: what was put in the place of other items, each with its index.
        sorted_at: where the list is in order, if it was sorted; all else is of that one then.
        unsorted: the list as it was before that.
    """

    own_state = ("replaced", "sorted_at", "unsorted")
    ordinary = ListVariable
    replaced: list[tuple[VariableTracker, VariableTracker]]
    _nonvar_fields = {"sorted_at", "unsorted", *Grown._nonvar_fields}

    def __init__(self, before: list[Any], asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.replaced = []
        self.sorted_at: Any = None
        self.unsorted: list[Any] | None = None

    @property
    def place(self) -> Any:
        return self.sorted_at or self.source

    def as_before(self, tx: Any) -> VariableTracker:
        if self.unsorted is not None:
            self.before = self.unsorted
        return super().as_before(tx)

    def has_certain_ends(self) -> bool:
        return not self.is_jumbled and not self.replaced

    @property
    def is_only_replaced(self) -> bool:
        """Whether all else is as it was before."""
        return len(self.written) == len(self.replaced) and self.is_whole

    def _do_clear(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        return None if self.replaced else super()._do_clear(tx, args)

    def _do_insert(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        if len(args) != 2 or self.replaced:
            return None
        number = number_of(args[0])
        if number is None and place_of_varying(args[0], (int,)) is None:
            return None
        if number == 0:
            self.front.insert(0, args[1])
        else:
            self.is_jumbled = True
        self.more += 1
        return _nothing()

    def _do_remove(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        if len(args) != 1 or self.written or self.replaced or is_stored(tx):
            return None
        place = place_or_literal(args[0], _LITERALS)
        if place is None or not holds(self.before, example_of(args[0])):
            return None
        held = worked_out(f"{__name__}.holds({{}}, {{}})", f"{__name__}.holds", (self.place, place))
        install_guard(held.make_guard(GuardBuilder.CONSTANT_MATCH))
        self.is_jumbled = True
        self.more -= 1
        return _nothing()

    def _sort_to(self, place: Any, items: list[Any], asked: Any) -> None:
        self.unsorted = self.before if self.unsorted is None else self.unsorted
        self.sorted_at = place
        super()._sort_to(place, items, asked)

    def replace(self, tx: Any, index: VariableTracker, item: VariableTracker) -> None:
        """Note that ``item`` is put at ``index``, where there is one."""
        self.note(tx, [("__setitem__", [index, item])])
        self.replaced.append((index, item))

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it anew as a list: a copy, to which it does what was done."""
        codegen.append_output(create_instruction("BUILD_LIST", arg=0))
        codegen(self.source)
        codegen.append_output(create_instruction("LIST_EXTEND", arg=1))
        self._write_again(codegen)


class GrownDeque(Grown, DequeVariable):
    """A deque from outside of which only the ends are known.

    How many it may have makes no difference to what is only added: what was done is done again to
    a copy, where Python drops those that are too many.

    Attributes:
        most: how many more items than before there would have been at most.
    """

    own_state = ("most",)
    ordinary = DequeVariable
    of_each = {"extend": "append", "extendleft": "appendleft"}
    of_several = {one: several for several, one in of_each.items()}
    adding = frozenset({*of_each, *of_several, "pop", "popleft", "clear", "__delitem__"})
    most: int

    def __init__(self, before: Any, asked: Any, **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.most = 0

    def done(self, tx: Any, name: str, args: list[Any]) -> VariableTracker | None:
        result = super().done(tx, name, args)
        self.most = max(self.most, self.more)
        return result

    def _do_appendleft(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        if len(args) != 1:
            return None
        self.front.insert(0, args[0])
        self.more += 1
        return _nothing()

    def _do_pop(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        return None if args else self._taken(tx, -1)

    def _do_popleft(self, tx: Any, args: list[Any]) -> VariableTracker | None:
        return None if args else self._taken(tx, 0)

    def has_certain_ends(self) -> bool:
        """Whether nothing fell out; if so, and it could have, it is guarded."""
        return not self.most or self.asked.put(_BOUNDLESS) is True

    def item(self, tx: Any, number: int) -> VariableTracker | None:
        is_appended = self.is_only_added_to and len(self.back) == self.more
        if is_appended and -len(self.back) <= number < 0:
            return self.back[number] if self.has_room_for(-number) else None
        if self.has_certain_ends():
            return super().item(tx, number)
        if not is_appended:
            return None
        fell = self.asked.put(
            Question(f"fell out of _ by {self.most}", functools.partial(_fell_out, self.most))
        )
        if fell is None or fell[1]:
            return None
        self.gone_first = fell[0]
        try:
            return super().item(tx, number)
        finally:
            self.gone_first = 0

    @property
    def is_only_added_to(self) -> bool:
        """Whether something was added, and nothing taken away but what fell out."""
        return 0 < self.most == self.more and not self.is_emptied

    def has_room_for(self, count: int) -> bool | None:
        """Whether it may have so many items, which is guarded; None if that is not to be asked."""
        room = Question(f"_ has room for {count}", functools.partial(_has_room, count))
        answer = self.asked.put(room)
        return answer if isinstance(answer, bool) else None

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes a copy, and does to it what was done."""
        codegen(self.source)
        codegen.load_method("copy")
        codegen.extend_output(create_call_method(0))
        self._write_again(codegen)


def _is_boundless(it: Any) -> bool:
    return it.maxlen is None


def _has_room(count: int, it: Any) -> bool:
    return it.maxlen is None or it.maxlen >= count


_BOUNDLESS = Question("_.maxlen is None", _is_boundless)


def _fell_out(more: int, it: Any) -> tuple[int, int]:
    """How many fall out of a deque that ``more`` are appended to: of its own, of those."""
    over = max(0, len(it) + more - it.maxlen)
    own = min(over, len(it))
    return own, over - own


def length_after(it: Any, more: int) -> int:
    """How many items a deque has after ``more`` were added."""
    length: int = len(it) + more
    return length if it.maxlen is None else min(length, it.maxlen)


#: Of how many items that were added one is sorted again at each call at most.
_MOST = 16
#: The methods of which the first operand decides what they do.
_BY_NUMBER = frozenset({"insert", "pop", "remove", "__delitem__", "__setitem__"})
_LITERALS: frozenset[type] = frozenset({str, bytes, int, float, bool, type(None)})


def holds(items: list[Any], value: Any) -> bool:
    """Whether ``value`` is one of ``items``; False also if code of a program could have a say."""
    return _LITERALS.issuperset(map(type, items)) and value in items


def _nothing() -> VariableTracker:
    return ConstantVariable.create(None)


def number_of(index: Any) -> int | None:
    """An index that does not vary."""
    if waits(index) or is_symbol(index):
        return None
    known = index.unwrap()
    is_number = type(known) is ConstantVariable and type(known.value) is int
    return known.value if is_number else None


def _write_call(codegen: PyCodegen, name: str, args: Any) -> None:
    """Write code that calls a method of what is on the stack, and leaves that there."""
    codegen.append_output(create_dup_top())
    codegen.load_method(name)
    for arg in args:
        if isinstance(arg, list):
            build_list(codegen, arg)
        else:
            codegen(arg)
    codegen.extend_output([*create_call_method(len(args)), create_instruction("POP_TOP")])


def build_list(codegen: PyCodegen, items: list[VariableTracker]) -> None:
    """Write code that makes a list of ``items``."""
    codegen.foreach(items)
    codegen.append_output(create_instruction("BUILD_LIST", arg=len(items)))


def _items_of(more: Any) -> list[VariableTracker] | None:
    """The items of a list or tuple that is made while tracing, or is read for it."""
    more = more.realize()
    if type(more) not in (ListVariable, TupleVariable):
        return None
    return list(more.items)
