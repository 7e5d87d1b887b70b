"""Members of an enum that are looked up by what varies: `Mode(text)`, `Mode[name]`.

torch fixes the text. But the graph depends only on what is asked of the member, which is looked up
again at each call.
"""

from __future__ import annotations

import enum
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core import methods
from vartrack.core.exporting import is_stored
from vartrack.core.worked_out import worked_out
from vartrack.extras.thrift.late import found

__all__ = ["by_name", "by_value", "member"]

#: What a dict finds by C code alone.
_KEYS = frozenset({str, bytes, int})


def by_value(cls: Any, value: Any) -> Any:
    """The member with a value."""
    return cls._value2member_map_[value]


def by_name(cls: Any, name: str) -> Any:
    """The member with a name."""
    return cls._member_map_[name]


def member(tx: Any, of: Any, key: Any, look_up: Any) -> VariableTracker | None:
    """The member of an enum under a key that varies; None if torch is to look it up.

    Args:
        tx: the tracer.
        of: the enum.
        key: the value or name.
        look_up: `by_value` or `by_name`.
    """
    if not (waits(key) or is_symbol(key)) or is_stored(tx):
        return None
    known: Any = of.realize()
    if not isinstance(known, UserDefinedClassVariable) or known.source is None:
        return None
    cls = known.value
    if not _is_plain(cls):
        return None
    if look_up is by_value and waits(key) and key.type_at_hand is cls:
        key.rely_on_type()
        return key  # type: ignore[no-any-return]
    at = key.place() if waits(key) else place_of_symbol(key)
    if at is None or key.python_type() not in _KEYS:
        return None
    try:
        value = look_up(cls, example_of(key))
    except KeyError:
        return None  # torch raises it in the program
    name = f"{__name__}.{look_up.__name__}"
    place = worked_out(f"{name}({{}}, {{}})", name, (known.source, at))
    return found.taken(tx, value, place, at, example_of(key))


def _is_plain(cls: Any) -> bool:
    """Whether an enum finds its members as Python does it, and makes no others."""
    return (
        type(cls) is enum.EnumMeta
        and not issubclass(cls, enum.Flag)
        and methods.held_by(cls, "_missing_") is vars(enum.Enum)["_missing_"]
    )
