"""The guard that two places hold two objects, where the trace took them for two."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torch._C._dynamo.guards import DictGuardManager
from torch._dynamo.guards import GuardBuilder, install_guard

from vartrack.core.sources.own_sources import Itself

if TYPE_CHECKING:
    from torch._guards import Guard, Source

    from vartrack.core.compile import Compile

__all__ = ["NO_ALIAS", "guard_apart", "guard_together"]

_APART = "objects that stay different ones"


def NO_ALIAS(builder: GuardBuilder, guard: Guard) -> None:
    """Have compiled code check that the object is none of the others that have this guard.

    torch checks so of tensors, in one go, by what its guard builder has gathered.
    """
    name = builder.arg_ref(guard)
    if name in builder.no_tensor_aliasing_names:
        return
    guard.set_export_info("NO_ALIAS", None, [f"{name} is an object of its own"], None)
    manager = builder.get_guard_manager(guard)
    if isinstance(manager, DictGuardManager):
        manager = builder.get_guard_manager_from_source(Itself(guard.originating_source))
    builder.no_tensor_aliasing_names.append(name)
    builder.no_tensor_aliasing_guard_managers.append(manager)


def guard_apart(compile: Compile, objects: Iterable[tuple[Any, Source]]) -> None:
    """Guard that ``objects`` stay different ones, each from its source.

    One that came from two sources has the guard at the first, and one that the two stay the same.

    Args:
        compile: the compile that relies on it.
        objects: objects and where they came from.
    """
    known: dict[int, tuple[Any, Source]] = compile.notes.setdefault(_APART, {})
    for value, source in objects:
        _, first = known.setdefault(id(value), (value, source))
        guard: Any = first.make_guard(NO_ALIAS)
        install_guard(guard, skip=1)
        guard_together(first, source)


def guard_together(one: Source, other: Source) -> None:
    """Guard that two sources stay those of one object."""
    if one != other:
        create = functools.partial(GuardBuilder.DUPLICATE_INPUT, source_b=other)
        install_guard(one.make_guard(create), skip=1)
