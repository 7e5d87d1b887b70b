"""`vars(obj)` of an object that the traced code makes: the dict goes on when the object does not.

torch makes only objects that somebody still has when the graph has run, and sets the attributes of
no other: such a dict came out empty.
"""

from __future__ import annotations

from typing import Any

from vartrack.compat.names import DunderDictVariable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


def _made(ledger: Ledger, result: Any, cls: Any, tx: Any, of: Any, *_: Any, **__: Any) -> None:
    """Torch goes through what a tracker has to find who is still there."""
    if of.source is None:
        result.made_of = of


# up to 2.12 torch has no tracker of such a dict, and goes by the object
WATCHERS: tuple[Watcher, ...] = (
    (Watcher(DunderDictVariable, "create", "tracing", after=_made, needed=False),)
    if hasattr(DunderDictVariable, "create")
    else ()
)
