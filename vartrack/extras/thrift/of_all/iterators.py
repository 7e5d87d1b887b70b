"""Iterators of which the first items are taken: `next(iter(batch.values()))`.

torch reads all that is in the container. Here those items are read that were taken, until something
else is done with the iterator.
"""

from __future__ import annotations

import functools
from collections import deque
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import GetItemSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.compat.making import lazy
from vartrack.extras.thrift.late.asked import Asked, Question
from vartrack.extras.thrift.late.held import is_as_long, is_built, item_before, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.views import has_views, is_view
from vartrack.extras.thrift.of_all.whole import values_in
from vartrack.visitors.iterators import TupleIterators

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.lazy import LazyCache

__all__ = ["iterator_of", "next_of"]

_SEQUENCES = (list, tuple, deque)
_KIND = Kind((type(iter([])),), TupleIterators, (VariableTracker,), holds=True)


class LateIterator(MadeLater):
    """An iterator over a late container. It is one of torch's as soon as more is done with it.

    Args:
        _cache: torch's record of a value that is not built yet.
        of: the late container, or a view of a late dict.
        options: what else a tracker takes.

    Attributes:
        count: how many items were taken.
    """

    kind = _KIND
    _nonvar_fields = {"kind", "count", *MadeLater._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, of: Any, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.of = of
        self.count = 0

    @property
    def example(self) -> Any:
        """An iterator over the container at hand."""
        return iter(self.of.example)

    def rely_on_type(self) -> None:
        """Have the type of the container guarded."""
        if waits(self.of):
            self.of.rely_on_type()

    def take(self, tx: Any) -> VariableTracker | None:
        """The next item; None if it cannot be read alone."""
        item = _item(tx, self.of, self.count)
        if item is not None:
            self.count += 1
        return item

    def make(self) -> VariableTracker:
        tx: Any = InstructionTranslator.current_tx()
        iterator = VariableTracker.build(tx, iter).call_function(tx, [self.of.realize()], {})
        for _ in range(self.count):
            BuiltinVariable(next).call_function(tx, [iterator], {})
        return iterator.realize()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it made of the container when the graph has run."""
        self.realize().reconstruct(codegen)


def _item(tx: Any, of: Any, number: int) -> VariableTracker | None:
    found = values_in(tx, of)
    if found is None or number >= len(found[2]):
        return None
    late, place, items = found
    late.rely_on_type()
    note_read(tx, late)
    if type(late.example) in _SEQUENCES:
        return item_before(tx, place, late.asked, number)
    asked = Asked(tx, late.original_source(), late.example)
    least = number + 1
    asked.put(Question(f"len(_) >= {least}", functools.partial(is_as_long, least)))
    item: Any = lazy(items[number], GetItemSource(place, number), tx=tx)
    if waits(item):
        item.rely_on_presence()
    return item  # type: ignore[no-any-return]


def iterator_of(tx: Any, container: Any) -> VariableTracker | None:
    """``iter(container)`` of a late one; None if torch is to make it."""
    if is_view(container):
        return LateIterator(nowhere(None), of=container)
    if not is_late(container) or is_built(container):
        return None
    if type(container.example) not in _SEQUENCES and not has_views(container):
        return None
    return LateIterator(nowhere(None), of=container)


def next_of(tx: Any, iterator: Any) -> VariableTracker | None:
    """``next(iterator)``; None if torch is to take it."""
    is_one = type(iterator) is LateIterator and not iterator.is_realized()
    return iterator.take(tx) if is_one else None
