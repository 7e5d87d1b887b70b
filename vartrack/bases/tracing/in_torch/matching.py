"""`match` statements: what Python takes for a mapping there, which not every mapping is."""

from __future__ import annotations

import collections.abc
from types import MappingProxyType
from typing import Any

from torch._dynamo import symbolic_convert
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asks_for
from vartrack.compat import behaviour
from vartrack.compat.instructions import Instructions, WrappedInstructions
from vartrack.core.wrapping.handlers import is_foreign
from vartrack.core.wrapping.wrappers import Table, Wrappers

__all__ = ["MATCHING", "MATCHING_LENGTHS", "is_mapping"]

#: The flag of a type whose values match the patterns of mappings.
_MATCHES = 1 << 6


def is_mapping(value: Any) -> bool:
    """Whether ``case {...}:`` looks into ``value``. It is traced.

    A type of C that says only later that it is a mapping, such as ``MultiDict``, does not match.
    """
    if not isinstance(value, collections.abc.Mapping):
        return False
    return isinstance(value, (dict, MappingProxyType)) or bool(type(value).__flags__ & _MATCHES)


def _refused(tx: Any, inst: Any) -> bool:
    """Break the graph at a value of a user's type, where torch would die of it."""
    tracker = tx.stack[-1].realize()
    if is_foreign(type(tracker)) and not isinstance(tracker, ConstDictVariable):
        cls = tracker.python_type()
        refuse(
            f"{cls.__module__}.{cls.__qualname__}",
            "is looked into by a `match` statement, of which torch traces here only those of dicts",
            "Ask for its type and items by `isinstance` and `[]`, or use torch 2.11 or newer.",
        )
    return False


#: What is put in place in torch: torch asks this in place of `isinstance`, where it traces that.
MATCHING: Table = (
    Wrappers((symbolic_convert, "impl_IS_MAPPING", lambda own: is_mapping))
    if behaviour.TRACES_MATCHING
    else Instructions(MATCH_MAPPING=_refused)
)
#: Of what is matched the length is asked, and not the value, which torch takes one of ours for.
MATCHING_LENGTHS = WrappedInstructions(GET_LEN=asks_for(Intent.LENGTH))
