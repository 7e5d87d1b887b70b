"""Tuples of numbers that a module holds: a setting, until one of the numbers changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.source import GetItemSource
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.core.sources.worked_out import worked_out
from vartrack.shapes import frame_history
from vartrack.visitors import sequences

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.core.visitor import Visitor

__all__ = ["VISITORS", "Tuples", "is_setting"]


def is_setting(tx: Any, source: Any, value: tuple[Any, ...]) -> bool:
    """Whether it is a stride, a padding or the like of a module, which is guarded as a whole.

    It is taken for one as long as no other numbers were seen in it, nor more or less of them.
    """
    of = source.guard_source
    if not of.is_unspecialized_nn_module() or not all(map(ConstantVariable.is_literal, value)):
        return False
    if not sequences.is_settled(value):
        return False
    if of.is_unspecialized_builtin_nn_module():
        return True
    entries = [
        frame_history.record_number_at(tx, GetItemSource(source, at), item)
        for at, item in enumerate(value)
        if type(item) in (int, float)
    ]
    length = worked_out("len({})", "builtins.len", [source])
    entries.append(frame_history.record_number_at(tx, length, len(value)))
    return not any(map(frame_history.turned_dynamic, entries))


class Tuples(sequences.Tuples):
    """Tuples; the numbers of one that a module holds become symbols once they changed."""

    def is_setting(self, ctx: BuilderContext, value: tuple[Any, ...]) -> bool:
        """Whether a tuple is guarded as a whole."""
        return is_setting(ctx.tx, ctx.source, value)


#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = (Tuples,)
