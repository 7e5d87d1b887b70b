"""Numbers that the traced code itself changes: `self.step += 1`.

The compile that meets the first such change need not wait for the next call to see it. It begins
anew, with the number as a symbol.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo import exc
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import CellVariable
from torch._guards import CompileContext

from vartrack import session
from vartrack.core.wrappers import Wrappers
from vartrack.inputs import value_numbers
from vartrack.shapes import frame_history

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["HOOKS", "note_constant"]

#: What a compile keeps the contexts of its constant numbers under, by the names of their sources.
_CONSTANTS = "constant numbers"

#: For each compile the numbers that it began anew for.
_begun_for: weakref.WeakKeyDictionary[CompileContext, set[str]] = weakref.WeakKeyDictionary()


def note_constant(ctx: BuilderContext, tracker: VariableTracker) -> VariableTracker:
    """Say that the number at ``ctx.source`` is a constant, if ``tracker`` is one; and give it."""
    if isinstance(tracker, ConstantVariable) and not ctx.tx.export:
        ctx.compile.notes.setdefault(_CONSTANTS, {})[ctx.source.name] = (ctx, tracker.value)
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
        known: Any = value.unwrap()  # a value that nothing depends on yet stays so
        if type(known) is ConstantVariable and type(known.value) in (int, float):
            _look_at_change(item, name, known.value)
        own(self, item, name, value, *args, **options)

    return store_attr


def _look_at_change(item: VariableTracker, name: str, value: float) -> None:
    tx: Any = InstructionTranslator.current_tx()
    compile, context = session.compile_of(tx), CompileContext.try_get()
    constants = None if compile is None else compile.notes.get(_CONSTANTS)
    if not constants or context is None or value_numbers.are_fixed():
        return
    for place in _names(item, name):
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
