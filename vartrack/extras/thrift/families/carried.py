"""Values that are only carried: a guard that they are there, and on their type at most."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.codegen import PyCodegen
from torch._dynamo.guards import is_from_skip_guard_source
from torch._dynamo.source import GlobalSource, RandomValueSource, is_constant_source
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.lazy import LazyVariableTracker

from vartrack import session
from vartrack.compat.names import LazyConstantVariable
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.guarding.following import FOLLOWING
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.families import own_dicts, passing, patched
from vartrack.extras.thrift.late import held
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.kinds import KIND_OF, is_taken_as, root_of
from vartrack.extras.thrift.late.late_variable import LateVariable, is_late

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.bases.tracing.late.waiting import Kind
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["HOOKS", "VISITORS"]

_LATE = "thrift.late"
_UNKNOWN: Any = object()


def late(tx: Any, kind: Kind, value: Any, source: Source) -> LateVariable | None:
    """The late tracker of ``value``, one for each source; None if it must not be late."""
    compile = session.compile_of(tx)
    if compile is None or (isinstance(value, type) and root_of(source) is GlobalSource):
        return None
    known: dict[Source, Any] = compile.notes.setdefault(_LATE, {})
    tracker = known.get(source, _UNKNOWN)
    if tracker is not _UNKNOWN:
        return tracker  # type: ignore[no-any-return]
    if CARRIED not in compile.attached or is_exporting(tx):
        return None
    tracker = None
    if (
        not is_constant_source(source)
        and not is_from_skip_guard_source(source)
        and not isinstance(source, RandomValueSource)
        and not (kind.holds and held.must_be_built(source, value))
        and is_taken_as(kind, compile.sourced[type(value)], value)
    ):
        tracker = LateVariable.of(value, source, kind, Asked(tx, source, value))
    known[source] = tracker
    return tracker


def _made_late(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """Makes the late tracker where torch would make a lazy one."""

    @functools.wraps(own)
    def create(value: Any, source: Any, **options: Any) -> VariableTracker:
        kind = KIND_OF[type(value)]
        if kind is None:  # most values
            return own(value, source, **options)
        if kind.holds and held.is_own_part(source):
            return own(value, source, **options)  # as most containers are: a part of a module
        if source is not None and len(options) == ("tx" in options):
            tx = options.get("tx") or InstructionTranslator.current_tx()
            tracker = late(tx, kind, value, source)
            if tracker is not None:
                return tracker
        return own(value, source, **options)

    return create


def _there(own: Callable[..., None]) -> Callable[..., None]:
    """Guards that what is loaded again when the graph has run is there."""

    @functools.wraps(own)
    def load(self: PyCodegen, value: Any, *args: Any, **options: Any) -> None:
        if is_late(value):
            value.rely_on_presence()
        own(self, value, *args, **options)

    return load


#: Where torch makes and loads lazy trackers.
CARRIED = Wrappers(
    (LazyVariableTracker, "create", lambda own: staticmethod(_made_late(own))),
    *(
        ()
        if LazyConstantVariable is None
        else ((LazyConstantVariable, "create", lambda own: staticmethod(_made_late(own))),)
    ),
    (PyCodegen, "__call__", _there),
)

#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = ()

#: What it puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = (
    CARRIED,
    FOLLOWING,
    *own_dicts.HOOKS,
    *passing.HOOKS,
    *patched.HOOKS,
)
