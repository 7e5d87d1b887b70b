"""What the `__dict__` of an object has, or has not, and slots that are empty."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, GuardManagerType, get_verbose_code_parts

from vartrack.bases.tracing.contents.stored_attributes import is_empty_slot
from vartrack.compat import shared
from vartrack.soundness.facts.fact import NOTHING
from vartrack.soundness.facts.sourced import name_of, read
from vartrack.soundness.noting.own_entries import note_absent
from vartrack.soundness.reading.lookups import find

if TYPE_CHECKING:
    from torch._guards import Guard, Source

    from vartrack.soundness.facts.sourced import Holds
    from vartrack.soundness.noting.ledger import Ledger

__all__ = [
    "absent",
    "absent_in_shown",
    "asked",
    "empty_slot",
    "may_have_of_its_own",
    "slot_of",
]

_STANDARD = sys.stdlib_module_names


def absent(ledger: Ledger, kind: str, source: Source, name: str) -> None:
    """Note that the object at ``source`` has no entry ``name`` of its own.

    Args:
        ledger: the ledger of the compile.
        kind: which kind of fact it is.
        source: where the object comes from.
        name: the name.
    """
    if ledger.guards:
        note_absent(ledger, source, name)
    elif name_of(source) is not None:
        text = f"that {source.name} has no {name} of its own"
        lacks, shows = functools.partial(_lacks, name), functools.partial(_held, name)
        ledger.sourced.rely(kind, text, text, [source], lacks, shows)


def _held(name: str, value: Any) -> Any:
    return vars(value).get(name, NOTHING)


def _lacks(name: str, value: Any) -> Holds:
    return lambda value: name not in vars(value)


def absent_in_shown(
    ledger: Ledger, kind: str, source: Source, name: str, has: Callable[[Any, str], bool]
) -> None:
    """Note that what the object at ``source`` shows as its own has no ``name``, if it has none.

    Args:
        ledger: the ledger of the compile.
        kind: which kind of fact it is.
        source: where the object comes from.
        name: the name.
        has: whether an object shows something under a name.
    """
    text = f"that {source.name} shows no {name}"
    ledger.sourced.rely(kind, text, text, [source], functools.partial(_shows_none, has, name))


def _shows_none(has: Callable[[Any, str], bool], name: str, value: Any) -> Holds | None:
    return None if has(value, name) else lambda value: not has(value, name)


def empty_slot(ledger: Ledger, source: Source, name: str) -> None:
    """Note that the object at ``source`` has nothing in its slot ``name``.

    Args:
        ledger: the ledger of the compile.
        source: where the object comes from; nothing is noted of one in passing.
        name: the name of the slot.
    """
    if name_of(source) is None:
        return
    text = f"that the slot {name} of {source.name} is empty"
    shows = functools.partial(_in_slot, name)
    ledger.sourced.rely("classes", text, text, [source], functools.partial(_empty, name), shows)


def _in_slot(name: str, value: Any) -> Any:
    slot = slot_of(value, name)
    return NOTHING if slot is None or is_empty_slot(value, name) else slot.__get__(value)


def _empty(name: str, value: Any) -> Holds | None:
    slot = slot_of(value, name)
    if slot is not None and slot.__objclass__.__module__.partition(".")[0] in _STANDARD:
        return None  # what a path fills as it is asked: filling it again gives the same
    return lambda value: is_empty_slot(value, name)


def may_have_of_its_own(ledger: Ledger, value: Any, name: str) -> bool:
    """Whether ``value`` has ``name`` in its dict, or no dict of which that could be told.

    No code of its class runs.
    """
    stored = ledger.of_class(_stores_by, type(value))
    if stored is None:
        return True
    namespace = stored.__get__(value)
    return type(namespace) is not dict or name in namespace


def _stores_by(cls: type) -> Any:
    """What gives the dict of an object; None of a bound method, which shows its function's."""
    found = find(cls, "__dict__")
    kinds = (GetSetDescriptorType, MemberDescriptorType)
    return None if found is None or type(found[1]) not in kinds else found[1]


def slot_of(value: Any, name: str) -> MemberDescriptorType | None:
    """The slot ``name`` of ``value``; None if it has no such slot."""
    found = find(type(value), name)
    slot = None if found is None else found[1]
    return slot if type(slot) is MemberDescriptorType else None


def asked(ledger: Ledger, kind: str, source: Source, name: str) -> None:
    """Note whether the object at ``source`` has an entry ``name`` of its own.

    Args:
        ledger: the ledger of the compile.
        kind: which kind of fact it is.
        source: where the object comes from.
        name: the name.
    """
    create = functools.partial(PRESENCE_MATCH, attr=name)
    text = f"whether {source.name} has {name} of its own"
    shows = functools.partial(_held, name)
    ledger.hold(kind, source, create, text, functools.partial(_as_before, name), shows)


def _as_before(name: str, value: Any) -> Holds:
    present = name in vars(value)
    return lambda value: (name in vars(value)) is present


def PRESENCE_MATCH(builder: GuardBuilder, guard: Guard, *, attr: str) -> None:
    """Have compiled code check that ``__dict__`` has ``attr`` if it had, and has not if not."""
    (value,) = read([guard.originating_source], builder.scope)
    if attr not in vars(value):
        GuardBuilder.NOT_PRESENT_IN_GENERIC_DICT(builder, guard, attr=attr)
        return
    code = f"___dict_contains({attr!r}, {builder.arg_ref(guard)}.__dict__)"
    namespace = builder.get_guard_manager(guard).get_generic_dict_manager(
        source=f"{guard.name}.__dict__",
        example_value=builder._get_generic_dict_manager_example_value(vars(value)),
        guard_manager_enum=GuardManagerType.GUARD_MANAGER,
    )
    said = get_verbose_code_parts(code, guard)
    namespace.add_dict_contains_guard(True, attr, said, *shared.stack_of(guard))
