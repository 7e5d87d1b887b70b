"""What the `__dict__` of an object does not have."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.soundness.ledger import Ledger
    from vartrack.soundness.sourced import Holds

__all__ = ["absent"]


def absent(ledger: Ledger, kind: str, source: Source, name: str) -> None:
    """Note that the object at ``source`` has no entry ``name`` of its own.

    Args:
        ledger: the ledger of the compile.
        kind: which kind of fact it is.
        source: where the object comes from.
        name: the name.
    """
    create = functools.partial(GuardBuilder.NOT_PRESENT_IN_GENERIC_DICT, attr=name)
    text = f"that {source.name} has no {name} of its own"
    ledger.hold(kind, source, create, text, functools.partial(_lacks, name))


def _lacks(name: str, value: Any) -> Holds:
    return lambda value: name not in vars(value)
