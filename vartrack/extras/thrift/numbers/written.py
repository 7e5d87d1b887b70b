"""Numbers that the traced code itself changes: `self.step += 1`, `counts["step"] += 1`.

The compile that meets the first such change need not wait for the next call to see it. It begins
anew, with the number as a symbol.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo import exc
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import CellVariable
from torch._guards import CompileContext

from vartrack import session
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.late.made import is_result
from vartrack.inputs import value_numbers
from vartrack.shapes import frame_history

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["HOOKS", "note_constant", "note_item"]

#: What a compile keeps the contexts of its constant numbers under, by the names of their sources;
#: and what is stored there, as far as it is not known yet whether the graph depends on it.
_CONSTANTS, _STORED = "constant numbers", "stored numbers"

#: For each compile the numbers that it began anew for.
_begun_for: weakref.WeakKeyDictionary[CompileContext, set[str]] = weakref.WeakKeyDictionary()


def note_constant(ctx: BuilderContext, tracker: VariableTracker) -> VariableTracker:
    """Say that the number at ``ctx.source`` is a constant, if ``tracker`` is one; and give it."""
    if isinstance(tracker, ConstantVariable) and not ctx.tx.export:
        place, notes = ctx.source.name, ctx.compile.notes
        notes.setdefault(_CONSTANTS, {})[place] = (ctx, tracker.value)
        stored = notes.get(_STORED)
        if stored is not None and place in stored:
            _look_at_change([place], stored[place])
    return tracker


def _noticed(own: Callable[..., None]) -> Callable[..., None]:
    """What notes that an attribute, a global or a variable is set."""

    def store_attr(
        self: SideEffects,
        item: VariableTracker,
        name: str,
        value: VariableTracker,
        *args: Any,
        **options: Any,
    ) -> None:
        _stored(_names(item, name), value)
        own(self, item, name, value, *args, **options)

    return store_attr


_NUMBERS = (int, float)
#: How an item is read of a list, of a dict of a class derived from `dict`, and if only it is read.
_ITEMS = ("{}[{!r}]", "dict.__getitem__({}, {!r})", "{}.get({!r})")


def note_item(container: VariableTracker, key: VariableTracker, value: VariableTracker) -> None:
    """Note that an item is set.

    Args:
        container: what holds it.
        key: its key or index.
        value: what it is set to.

    Raises:
        RestartAnalysis: it is a number that was taken for a constant.
    """
    source, at = container.source, key.unwrap()
    if source is not None and type(at) is ConstantVariable:
        _stored((form.format(source.name, at.value) for form in _ITEMS), value)


def _stored(places: Iterable[str], value: VariableTracker) -> None:
    """Note what one of ``places`` is set to."""
    known: Any = value.unwrap()  # a value that nothing depends on yet stays so
    if type(known) is ConstantVariable and type(known.value) in _NUMBERS:
        _look_at_change(places, known.value)
    elif is_result(known) and known.type_at_hand in _NUMBERS:
        compile = session.compile_of(InstructionTranslator.current_tx())
        if compile is not None:
            stored = compile.notes.setdefault(_STORED, {})
            stored.update(dict.fromkeys(places, known.example))


def _look_at_change(places: Iterable[str], value: float) -> None:
    """Begin anew if the number at one of ``places`` was taken for a constant, and is now changed.

    Raises:
        RestartAnalysis: it was.
    """
    tx: Any = InstructionTranslator.current_tx()
    compile, context = session.compile_of(tx), CompileContext.try_get()
    constants = None if compile is None else compile.notes.get(_CONSTANTS)
    if not constants or context is None or value_numbers.are_fixed():
        return
    for place in places:
        ctx, before = constants.get(place, (None, value))
        if type(before) is type(value) and before != value:
            begun = _begun_for.setdefault(context, set())
            if place in begun:
                return
            begun.add(place)
            frame_history.mark_changed(ctx)
            tx.speculation_log.clear()
            raise exc.RestartAnalysis(restart_reason=f"{place} is changed, so it is a symbol")


def _names(item: VariableTracker, name: str) -> Iterator[str]:
    """The names of the sources that may be meant: those of an attribute, a global or a variable."""
    if isinstance(item, CellVariable):
        yield f"L[{item.local_name!r}]"
    elif item.source is not None:
        yield f"{item.source.name}.{name}"
        # globals are noted on a holder of their own
        yield f"G[{name!r}]"


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((SideEffects, "store_attr", _noticed)),)
