"""`value_at`: the value that a source stands for while the trace is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vartrack.core.sources.known_modules import KNOWN_MODULES

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["value_at"]


def value_at(tx: Any, source: Source) -> Any:
    """The value at ``source``, as it was when the call began.

    Raises:
        Exception: what reading it raises.
    """
    root = tx.output.root_tx
    nothing_known: Any = {}
    roots = {"G": root.f_globals, "L": root.f_locals}
    return source.get_value(roots, {**KNOWN_MODULES.modules}, nothing_known)
