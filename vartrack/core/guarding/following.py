"""`FOLLOWING`: guards on what is worked out, where others say it or torch has one in C++."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.guards import GuardBuilder
from torch._guards import Guard, Source

from vartrack.core.guarding.guards import guard_of_key
from vartrack.core.sources.worked_out import WorkedOutSource
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["FOLLOWING"]

_CONTAINS = "operator.contains"
#: What gives values of one type.
_OF_ONE_TYPE = frozenset({_CONTAINS, "builtins.len", "operator.not_"}) | {
    f"operator.{name}" for name in ("eq", "ne", "lt", "le", "gt", "ge")
}
#: The guards that allow one of the two answers that `in` has.
_ON_THE_ANSWER = frozenset({"CONSTANT_MATCH", "EQUALS_MATCH", "FALSE_MATCH", "TRUE_MATCH"})


def _following(own: Callable[..., Any]) -> Callable[..., Any]:
    """Makes the part of compiled code that checks a guard."""

    @functools.wraps(own)
    def create(self: Guard, builder: GuardBuilder) -> Any:
        source = self.originating_source
        if type(source) is not WorkedOutSource:
            return own(self, builder)  # as most are
        kind = self.inner_create_fn().__name__
        if source.follows(builder) or (kind == "TYPE_MATCH" and source.function in _OF_ONE_TYPE):
            return None
        if kind in _ON_THE_ANSWER and source.function == _CONTAINS:
            container, key = source.left_open(builder)
            guard = _in_dict(builder, container, key, present=builder.get(self))
            if guard is not None:
                return own(guard, builder)
        return own(self, builder)

    return create


def _in_dict(builder: GuardBuilder, container: Any, key: Any, present: bool) -> Guard | None:
    """The guard whether a dict has a key that is known, where torch has one of it."""
    is_known = isinstance(container, Source) and not isinstance(key, Source)
    if not is_known or type(builder.get(container)) is not dict:
        return None
    return container.make_guard(guard_of_key(key, present=present))


#: What is put into torch while a registry that needs it is in force.
FOLLOWING = Wrappers((Guard, "create", _following))
