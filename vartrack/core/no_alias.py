"""The guard that two places hold two objects, where the trace took them for two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import install_guard

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard, Source

__all__ = ["NO_ALIAS", "guard_apart"]


def NO_ALIAS(builder: GuardBuilder, guard: Guard) -> None:
    """Have compiled code check that the object is none of the others that have this guard.

    torch checks so of tensors, in one go, by what its guard builder has gathered.
    """
    name = builder.arg_ref(guard)
    if name in builder.no_tensor_aliasing_names:
        return
    guard.set_export_info("NO_ALIAS", None, [f"{name} is an object of its own"], None)
    builder.no_tensor_aliasing_names.append(name)
    builder.no_tensor_aliasing_guard_managers.append(builder.get_guard_manager(guard))


def guard_apart(sources: list[Source]) -> None:
    """Guard that the objects at ``sources`` stay different ones."""
    for source in sources:
        guard: Any = source.make_guard(NO_ALIAS)
        install_guard(guard, skip=1)
