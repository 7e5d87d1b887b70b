"""What C code makes of all of a container from outside: `",".join(h)`, `any(h)`, `str(h)`.

torch reads all that is in it, and compiles for each length. Here it is made again at each call, of
literals alone, and what comes of it is late.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.making import lazy
from vartrack.core.called_back import called_by_compiled
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.held import note_read
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


@called_by_compiled
def text_of_all(container: Any) -> str:
    """The text of a container of literals, and of such containers."""
    for _ in _within(container):
        pass  # which raises where something else is in it
    return str(container)


_DICTS = (dict, OrderedDict, defaultdict, Counter)
#: The containers whose texts are made by Python's own code.
_SHOWN = frozenset({list, tuple, set, frozenset, deque, *_DICTS})
#: What default dicts make, of which the text is Python's own as well.
_FACTORIES = (None, int, float, bool, str, list, dict, set, tuple)


def _within(container: Any, holding: tuple[Any, ...] = ()) -> Iterator[Any]:
    """A container, and those in it; one that holds itself once.

    Raises:
        TypeError: something else is in it than such containers and literals.
    """
    factory = getattr(container, "default_factory", None)
    if not any(factory is each for each in _FACTORIES):
        raise TypeError("What a user makes is not shown, as code of the user's could run.")
    yield container
    holding = (*holding, container)
    parts = [*container, *container.values()] if type(container) in _DICTS else container
    for part in parts:
        if type(part) not in _SHOWN:
            literals([part])
        elif not any(part is each for each in holding):
            yield from _within(part, holding)


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
    if not is_late(container) or type(container.example) not in _SHOWN:
        return None
    if is_stored(tx) or _may_have_changed(tx, container.example):
        return None
    return _made(tx, text_of_all, container, container.original_source(), container.example)


def _may_have_changed(tx: Any, container: Any) -> bool:
    """Whether it or one in it was built, from wherever; also if it is not to be shown."""
    effects = tx.output.side_effects
    try:
        return any(each in effects for each in _within(container))
    except TypeError:
        return True


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
