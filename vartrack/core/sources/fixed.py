"""`literal_at`: values that other guards fix, so what is worked out of them is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from vartrack.compat.shared import guards_on
from vartrack.core.sources.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Source

__all__ = ["VARIES", "has_guard", "is_fixed", "is_writable", "literal_at"]

#: Guards that allow one value alone.
_FIXING = frozenset({"CONSTANT_MATCH", "EQUALS_MATCH", "ID_MATCH"})
#: Types whose `repr` is Python text that gives the value again.
_WRITABLE = frozenset({str, bytes, int, float, bool, type(None)})
#: Stands for a value that may be another one at the next call.
VARIES: Any = object()


def has_guard(builder: GuardBuilder, source: Source, kinds: frozenset[str]) -> bool:
    """Whether a guard of one of ``kinds`` stands on ``source``."""
    standing = guards_on(builder.check_fn_manager.output_graph.guards, source)
    return any(guard.inner_create_fn().__name__ in kinds for guard in standing)


def is_fixed(builder: GuardBuilder, source: Source) -> bool:
    """Whether the guards allow one value alone at ``source``."""
    follows = isinstance(source, OwnSource) and source.follows(builder)
    return follows or has_guard(builder, source, _FIXING)


def literal_at(builder: GuardBuilder, source: Source) -> Any:
    """The literal at ``source``, if the guards allow no other; else `VARIES`."""
    if not is_fixed(builder, source):
        return VARIES
    value = builder.get(source)
    # a guard takes 0.0 for -0.0
    return value if is_writable(value) and not (type(value) is float and value == 0) else VARIES


def is_writable(value: Any) -> bool:
    """Whether the `repr` of ``value`` is Python text that gives it again."""
    if type(value) is float:
        return math.isfinite(value)
    return type(value) in _WRITABLE
