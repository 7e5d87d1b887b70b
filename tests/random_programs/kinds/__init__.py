"""All kinds of values that programs are made of, a family a file."""

from __future__ import annotations

from random_programs.kinds import (
    containers,
    functions,
    iterators,
    modules,
    objects,
    odd,
    plain,
    registered,
    rows,
    subclasses,
    tensors,
)
from random_programs.kinds.kind import Kind

__all__ = ["FAMILIES", "KINDS", "Kind"]

FAMILIES: dict[str, tuple[Kind, ...]] = {
    module.__name__.rpartition(".")[2]: module.KINDS
    for module in (
        *(plain, containers, subclasses, objects, functions),
        *(modules, tensors, iterators, registered, rows, odd),
    )
}

#: All kinds by name.
KINDS: dict[str, Kind] = {kind.name: kind for kinds in FAMILIES.values() for kind in kinds}
assert len(KINDS) == sum(map(len, FAMILIES.values())), "two kinds have one name"
