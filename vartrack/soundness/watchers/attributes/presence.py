"""``hasattr(obj, name)``: torch's guard asks that at every call, where it runs code of the class.

Such code, a `__getattr__` or a property, may count how often it is asked, and what it counts may be
what another guard compares. It is traced, so that what it reads has guards.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.exc import ObservedAttributeError, handle_observed_exception
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change, find
from vartrack.soundness.reading.packages import is_of_user
from vartrack.soundness.watchers.attributes.absence import may_have_of_its_own

__all__ = ["WATCHERS", "says_itself"]

_READING = hook_name("tp_getattro_impl")


def says_itself(ledger: Ledger, item: Any, name: str) -> bool:
    """Whether code of the user's says that the object has ``name``; nothing is built for it.

    Args:
        ledger: the ledger of the compile.
        item: the tracker of a value.
        name: the name.
    """
    if type(item) in LAZY and not item.is_realized():
        value = item.original_value()
        return (
            can_change(type(value))
            and _runs_code(ledger, value, name)
            and says_itself(ledger, item.realize(), name)
        )
    item = item.unwrap()
    if item.source is None or type(item) is not UserDefinedObjectVariable:
        return False
    return _runs_code(ledger, item.value, name)


def _has(ledger: Ledger, own: Any, item: Any, tx: Any, name: str) -> Any:
    if not isinstance(name, str) or not says_itself(ledger, item, name):
        return own(item, tx, name)
    try:
        found = getattr(item, _READING)(tx, name)
    except ObservedAttributeError:
        handle_observed_exception(tx)
        return ConstantVariable.create(False)
    return ConstantVariable.create(not isinstance(found, DeletedVariable))


def _runs_code(ledger: Ledger, value: Any, name: str) -> bool:
    """Whether code of the user's says that ``value`` has ``name``."""
    cls = type(value)
    found = find(cls, name)
    if found is None:
        asked = find(cls, "__getattr__")
        return (
            asked is not None
            and is_of_user(asked[1])
            and not may_have_of_its_own(ledger, value, name)
        )
    if type(found[1]) is property:
        return type(found[1].fget) is FunctionType and is_of_user(found[1].fget)
    getter = find(type(found[1]), "__get__")
    return getter is not None and is_of_user(getter[1])


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        *(UserDefinedObjectVariable, "call_obj_hasattr", "tracing"),
        instead=_has,
        subclasses=False,
    ),
)
