"""`OwnEntries`: what the `__dict__` of one object has not, and which dicts in it are empty.

One guard for all of it: what torch makes of a guard besides its check costs more than the check.
Where many objects are looked at, `OwnDicts` checks them together.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from torch._C._dynamo.guards import DictGuardManager
from torch._dynamo.guards import GuardManagerType, get_verbose_code_parts, install_guard
from torch._dynamo.source import AttrSource

from vartrack.compat import shared
from vartrack.core.guarding.keys import check_at_every_call
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.noting.ledger import Added, Outdated

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard, Source

    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["OWN_ENTRIES", "OwnEntries", "note_absent", "note_empty"]


class OwnEntries:
    """What was asked of the `__dict__` of one object, and was not there.

    Attributes:
        absent: the names that it does not have.
        empty: the names of dicts that are in it, and hold nothing.
        guard: checks that at every call.
        where: the code and line that asked first.
    """

    __slots__ = ("absent", "empty", "guard", "where")

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self.absent: dict[str, None] = {}
        self.empty: dict[str, None] = {}
        create = functools.partial(OWN_ENTRIES, ledger=ledger, absent=self.absent, empty=self.empty)
        self.guard: Guard = source.make_guard(Added(create))
        self.where = ledger.note()


def note_absent(ledger: Ledger, source: Source, name: str) -> None:
    """Have the object at ``source`` checked for having no ``name`` of its own.

    Args:
        ledger: the ledger of the compile.
        source: where the object comes from.
        name: the name.
    """
    entries = _of(ledger, source)
    if entries is not None:
        entries.absent[name] = None


def note_empty(ledger: Ledger, source: Source, name: str) -> None:
    """Have the dict that the object at ``source`` holds as ``name`` checked for being empty.

    Args:
        ledger: the ledger of the compile.
        source: where the object comes from.
        name: the name.
    """
    entries = _of(ledger, source)
    if entries is not None:
        entries.empty[name] = None


def _of(ledger: Ledger, source: Source) -> OwnEntries | None:
    """What is noted of the object at ``source``, its guard in force; None of one in passing."""
    entries: OwnEntries | None = ledger.own_entries.get(source)
    if entries is None:
        if name_of(source) is None:
            return None
        entries = ledger.own_entries[source] = OwnEntries(source, ledger)
    if ledger.is_new(OwnEntries, entries):
        install_guard(entries.guard, skip=2)
    return entries


def OWN_ENTRIES(
    builder: GuardBuilder,
    guard: Guard,
    *,
    ledger: Ledger,
    absent: dict[str, None],
    empty: dict[str, None],
) -> None:
    """Have compiled code check that ``absent`` are not there, and the dicts ``empty`` are so."""
    ref = builder.arg_ref(guard)
    lacks = {name: f"not ___dict_contains({name!r}, {ref}.__dict__)" for name in absent}
    holds = {name: f"not {ref}.{name}" for name in empty}  # as torch says it where it is read
    codes = [*lacks.values(), *holds.values()]
    guard.set_export_info("OWN_ENTRIES", None, codes, None)
    value = builder.get(guard)
    namespace = vars(value)
    manager = builder.get_guard_manager(guard)
    if any(name in namespace for name in absent) or any(namespace.get(name) for name in empty):
        check_at_every_call(manager, Outdated(), " and ".join(codes), guard)  # changed meanwhile
        return
    if ledger.own_dicts.add(guard.originating_source, value, absent, empty):
        return
    stack = shared.stack_of(guard)
    where = get_verbose_code_parts(codes[0], guard)[0].removeprefix(codes[0])
    own = manager.get_generic_dict_manager(
        source=f"{guard.name}.__dict__",
        example_value=builder._get_generic_dict_manager_example_value(namespace),
        guard_manager_enum=GuardManagerType.GUARD_MANAGER,
    )
    for name, code in lacks.items():
        own.add_dict_contains_guard(False, name, [f"{code}{where}"], *stack)
    for name, code in holds.items():
        held = _held(builder, guard, own, namespace, name)
        held.add_dict_length_check_guard(0, [f"{code}{where}"], *stack)


def _held(builder: GuardBuilder, guard: Guard, own: Any, namespace: Any, name: str) -> Any:
    """The part of the guards on the dict ``name``, found without a source wherever it may be."""
    held = namespace.get(name)
    ordered = isinstance(own, DictGuardManager) or id(held) in builder.key_order_guarded_dict_ids
    if held is None or ordered:
        source = AttrSource(guard.originating_source, name)
        return builder.get_guard_manager_from_source(source)
    return own.dict_getitem_manager(
        key=name,
        source=f"{guard.name}.{name}",
        example_value=held,
        guard_manager_enum=GuardManagerType.GUARD_MANAGER,
    )
