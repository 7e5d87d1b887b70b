"""Values that are only passed on, which torch reads where the result is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.codegen import PyCodegen
from torch._dynamo.source import LocalSource

from vartrack.compat.names import LAZY
from vartrack.core.guarding.presence import PRESENT
from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["WATCHERS", "rely_on_presence"]


def _made(ledger: Ledger, codegen: Any, value: Any, *_: Any, **__: Any) -> None:
    """A value of which nothing was read: torch guards not even that there is one.

    If it is gone at a later call, what is compiled raises where the result is made, and no
    ``try`` of the function is around that.
    """
    if type(value) not in LAZY or value.is_realized():
        return
    rely_on_presence(ledger, value.source)


def rely_on_presence(ledger: Ledger, source: Source | None) -> None:
    """Note that there is something at ``source``, whatever it is.

    Args:
        ledger: the ledger of the compile.
        source: where it is; arguments of the function are there at every call.
    """
    name = name_of(source)
    if source is not None and name is not None and not _is_argument(source):
        ledger.hold("values", source, PRESENT, f"that there is {with_article(name)}", _is_there)


def _is_argument(source: Source) -> bool:
    """Whether it is an argument of the function, which is there at every call."""
    return isinstance(source, LocalSource) and not source.is_derefed_cell_contents


def _is_there(_: Any) -> Holds:
    return lambda _: True  # it is read before this is asked


WATCHERS: tuple[Watcher, ...] = (Watcher(PyCodegen, "__call__", "values", _made),)
