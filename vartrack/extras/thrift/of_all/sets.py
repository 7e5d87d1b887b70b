"""Sets that are made of all of a container from outside: `set(batch) == {"input", "mask"}`.

They are made again of literals when the graph has run, or where something is asked of them.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables import SetVariable
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker

from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.called_back import called_by_compiled
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.views import is_view
from vartrack.extras.thrift.of_all.literals import literals
from vartrack.extras.thrift.unread.filled import FilledSet
from vartrack.extras.thrift.unread.tables import put_back, write_done

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["CopiedSet", "set_of"]

_CONTAINERS = (list, tuple, deque, dict, set, frozenset)


def in_set(container: Any) -> set[Any]:
    """The literals in a container; raises as `literals`."""
    return set(literals(container))


class CopiedSet(FilledSet):
    """A set that is made of what is in a container from outside, and of what was done to it then.

    Args:
        of: the place of the container.
        by_torch: gives torch's own tracker of it; None if the container was changed since.
        options: what else a tracker takes.
    """

    ordinary = SetVariable
    own_state = ("by_torch", "made_at", "of")
    _nonvar_fields = {"by_torch", "made_at", "of", *FilledSet._nonvar_fields}

    def __init__(
        self, before: Any, asked: Any, *, of: Any, by_torch: Callable[[], Any], **options: Any
    ) -> None:
        super().__init__(before, asked, **options)
        self.of = of
        self.by_torch = by_torch
        self.made_at = asked.source

    @property
    def place(self) -> Any:
        return self.made_at

    def as_before(self, tx: Any) -> VariableTracker:
        """What it was made with, each of its elements."""
        known = self.by_torch()
        if known is None:
            install_guard(self.place.make_guard(GuardBuilder.EQUALS_MATCH))
            known = VariableTracker.build(tx, self.before)
        return known.realize()  # type: ignore[no-any-return]

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it anew of the container, and does what was done to it."""
        codegen.add_push_null(lambda: codegen.load_import_from(__name__, "made_again"))
        codegen(self.place)
        write_done(codegen, self.written)
        codegen.extend_output(create_call_function(2, False))


@called_by_compiled
def made_again(made: set[Any], written: list[tuple[Any, ...]]) -> set[Any]:
    """A copy of a set, to which is done what was done to another."""
    copy = set(made)  # others are worked out of what was made
    put_back(copy, written)
    return copy


def set_of(tx: Any, container: Any) -> VariableTracker | None:
    """``set(container)`` of literals in a late one; None if torch is to make it."""
    late = container.of if is_view(container) and container.name == "keys" else container
    if not is_late(late) or type(late.example) not in _CONTAINERS:
        return None
    if is_built(late) or is_stored(tx):
        return None
    try:
        example = in_set(late.example)
    except TypeError:
        return None  # code of the program could have a say
    late.rely_on_type()
    note_read(tx, late)
    of = late.original_source()
    name = f"{__name__}.{in_set.__name__}"
    asked = Asked(tx, worked_out(f"{name}({{}})", name, [of]), example)
    by_torch = functools.partial(_by_torch, tx, late)
    return CopiedSet(example, asked, of=of, by_torch=by_torch, mutation_type=ValueMutationNew())


def _by_torch(tx: Any, late: Any) -> Any:
    """What torch makes of a container, if the traced code has not changed that."""
    effects = tx.output.side_effects
    if late.example in effects and effects.is_modified(effects[late.example]):
        return None
    return VariableTracker.build(tx, set).call_function(tx, [late.realize()], {}).realize()
