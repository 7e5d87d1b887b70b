"""``super().__delattr__(name)``, as of modules: since 2.13 torch has it in ``__dict__`` still."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.misc import DeletedVariable, SuperVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _deleted(
    ledger: Ledger, own: Any, above: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    """What ``del obj.name`` of a class without a `__delattr__` does."""
    owner = None if name != "__delattr__" or above.objvar is None else above.objvar.realize()
    if isinstance(owner, UserDefinedObjectVariable) and len(args) == 1:
        found, _ = above._resolved_getattr_and_source(tx, name)
        if found is object.__delattr__:
            return owner.method_setattr_standard(tx, args[0], DeletedVariable())
    return own(above, tx, name, args, kwargs)


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(SuperVariable, "call_method", "tracing", instead=_deleted)
        for _ in {"get_dict_vt"}.intersection(dir(UserDefinedObjectVariable))
    ),
)
