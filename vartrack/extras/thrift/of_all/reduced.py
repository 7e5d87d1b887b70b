"""What C code makes of all of a container from outside: `",".join(h)`, `any(h)`, `str(h)`.

torch reads all that is in it, and compiles for each length. Here it is made again at each call, of
literals alone, and what comes of it is late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import lazy
from vartrack.core.exporting import is_stored
from vartrack.core.worked_out import worked_out
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.of_all.literals import literals
from vartrack.extras.thrift.of_all.whole import values_in

__all__ = ["OF", "joined_by", "reduced", "text_of"]


def any_of(items: Iterable[Any]) -> bool:
    """Whether one of the literals is true."""
    return any(literals(items))


def all_of(items: Iterable[Any]) -> bool:
    """Whether all of the literals are true."""
    return all(literals(items))


def join_of(items: Iterable[Any], separator: str) -> str:
    """Texts with a separator between them."""
    return separator.join(literals(items, frozenset({str})))


def text_of_all(container: Any) -> str:
    """The text of a container of literals."""
    if type(container) is dict:
        literals(container.values())
    literals(container)
    return str(container)


#: From what a program calls to what gives the same of literals.
OF: dict[Any, Callable[..., bool]] = {any: any_of, all: all_of}


def reduced(tx: Any, function: Callable[..., Any], container: Any) -> VariableTracker | None:
    """``any(container)`` or the like of a late one; None if torch is to read it."""
    found = values_in(tx, container)
    return None if found is None else _made(tx, OF[function], *found)


def joined_by(tx: Any, separator: str, container: Any) -> VariableTracker | None:
    """``separator.join(container)`` of a late one; None if torch is to read it."""
    found = values_in(tx, container)
    return None if found is None else _made(tx, join_of, *found, separator)


def text_of(container: Any) -> VariableTracker | None:
    """``str(container)`` of a late one; None if torch is to make it."""
    tx: Any = InstructionTranslator.current_tx()
    if not is_late(container) or type(container.example) not in (list, tuple, dict, deque):
        return None
    if is_stored(tx) or is_built(container):
        return None
    return _made(tx, text_of_all, container, container.original_source(), container.example)


def _made(
    tx: Any, function: Callable[..., Any], late: Any, place: Any, items: Any, *more: Any
) -> VariableTracker | None:
    """What ``function(items, *more)`` gives, made again at each call of what is at ``place``."""
    try:
        result = function(items, *more)
    except Exception:
        return None  # torch raises it in the program, or reads what it is made of
    late.rely_on_type()
    note_read(tx, late)
    name = f"{__name__}.{function.__name__}"
    operands = (place, *more)
    made_at = worked_out(f"{name}({', '.join(['{}'] * len(operands))})", name, operands)
    made: Any = lazy(result, made_at, tx=tx)
    if waits(made):
        made.rely_on_type()
    return made  # type: ignore[no-any-return]
