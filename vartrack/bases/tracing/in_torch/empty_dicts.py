"""Empty dicts of which more is read than their keys: that is checked too.

A check that the keys of a dict are the same, in their order, ends at once if there are none, before
it comes to what was read of the dict besides: its attributes, or its default factory.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.output_graph import OutputGraph

from vartrack import session
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["EMPTY_DICTS", "note_if_empty"]

_NOTES = "empty dicts"


def note_if_empty(ctx: BuilderContext, value: Any) -> None:
    """Have an empty dict that is no plain one checked by its type, its length and its attributes.

    Args:
        ctx: where the build stands.
        value: what is built, of any type.
    """
    cls = type(value)  # an object may say that it is of another
    if cls is not dict and issubclass(cls, dict) and not dict.__len__(value):
        ctx.compile.notes.setdefault(_NOTES, set()).add(ctx.source)


def _without_order(own: Callable[..., Any]) -> Callable[..., Any]:
    """``own``, which ends a trace: there is no order of keys in what has none."""

    @functools.wraps(own)
    def compile_subgraph(self: Any, tx: Any, *args: Any, **options: Any) -> Any:
        result = own(self, tx, *args, **options)
        compile = session.compile_of(tx)
        if compile is not None and _NOTES in compile.notes:
            self.guard_on_key_order.difference_update(compile.notes[_NOTES])
        return result

    return compile_subgraph


#: What is put in place in torch.
EMPTY_DICTS = Wrappers((OutputGraph, "compile_subgraph", _without_order))
