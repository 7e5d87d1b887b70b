"""`match` statements: what Python takes for a mapping there, which not every mapping is."""

from __future__ import annotations

import collections.abc
from types import MappingProxyType
from typing import Any

from torch._dynamo import symbolic_convert

from vartrack.compat import behaviour
from vartrack.core.wrappers import Wrappers

__all__ = ["MATCHING", "is_mapping"]

#: The flag of a type whose values match the patterns of mappings.
_MATCHES = 1 << 6


def is_mapping(value: Any) -> bool:
    """Whether ``case {...}:`` looks into ``value``. It is traced.

    A type of C that says only later that it is a mapping, such as ``MultiDict``, does not match.
    """
    if not isinstance(value, collections.abc.Mapping):
        return False
    return isinstance(value, (dict, MappingProxyType)) or bool(type(value).__flags__ & _MATCHES)


#: What `install` puts in place: torch asks this in place of `isinstance`, where it traces that.
MATCHING = Wrappers(
    *(
        ((symbolic_convert, "impl_IS_MAPPING", lambda own: is_mapping),)
        if behaviour.TRACES_MATCHING
        else ()
    )
)
