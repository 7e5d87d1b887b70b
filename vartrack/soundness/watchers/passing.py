"""Values that are only passed on, which torch reads where the result is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.codegen import PyCodegen
from torch._dynamo.source import LocalSource

from vartrack.compat.names import LAZY
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.sourced import Holds, name_of

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard, Source

__all__ = ["WATCHERS"]


def _made(ledger: Ledger, codegen: Any, value: Any, *_: Any, **__: Any) -> None:
    """A value of which nothing was read: torch guards not even that there is one.

    If it is gone at a later call, what is compiled raises where the result is made, and no
    ``try`` of the function is around that.
    """
    if type(value) not in LAZY or value.is_realized():
        return
    source = value.source
    name = name_of(source)
    if name is not None and not _is_argument(source):
        ledger.hold("values", source, PRESENT, f"that there is a {name}", _is_there)


def _is_argument(source: Source) -> bool:
    """Whether it is an argument of the function, which is there at every call."""
    return isinstance(source, LocalSource) and not source.is_derefed_cell_contents


def _is_there(_: Any) -> Holds:
    return lambda _: True  # it is read before this is asked


def PRESENT(builder: GuardBuilder, guard: Guard) -> None:
    """Have compiled code read the value, as it does to check what it is."""
    guard.set_export_info("PRESENT", None, [f"there is a {guard.name}"], None)
    builder.get_guard_manager(guard)


WATCHERS: tuple[Watcher, ...] = (Watcher(PyCodegen, "__call__", "values", _made),)
