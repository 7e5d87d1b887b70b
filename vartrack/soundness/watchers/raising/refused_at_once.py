"""What Python refuses at once, and torch takes: it goes on as if there were no error."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find, mro_of

__all__ = ["WATCHERS"]

_NOT_OF_IT = "super(type, obj): obj must be an instance or subtype of type"
_TAKES_ONE = "object.__init__() takes exactly one argument (the instance to initialize)"


def _constructed(
    ledger: Ledger, tracker: Any, tx: Any, args: Any, kwargs: Any, *_: Any, **__: Any
) -> None:
    """``Cls(1)`` of a class that has no `__init__` and no `__new__`."""
    cls = tracker.value
    if (args or kwargs) and ledger.of_class(_takes_nothing, cls):
        ledger.classes.look(cls, "__new__", "__init__", guarded=False)
        raise_in_program(tx, TypeError(f"{cls.__name__}() takes no arguments"))


def _takes_nothing(cls: type) -> bool:
    makes = find(type(cls), "__call__")
    if makes is None or makes[0] is not type:
        return False
    return all(_of_object(cls, name) for name in ("__new__", "__init__"))


def _of_object(cls: type, name: str, after: type | None = None) -> bool:
    found = find(cls, name, after)
    return found is not None and found[0] is object


def _initialized(
    ledger: Ledger, above: Any, tx: Any, name: str, args: Any, kwargs: Any, *_: Any
) -> None:
    """``super().__init__(1)`` where there is none but that of `object`."""
    if name != "__init__" or above.objvar is None or not (args or kwargs):
        return
    cls = type_at_hand(above.objvar)
    after = above.typevar.realize().as_python_constant()
    if _of_object(cls, name, after) and not _of_object(cls, name):
        ledger.classes.look(cls, name, after=after, guarded=False)
        raise_in_program(tx, TypeError(_TAKES_ONE))


def _made_of_two(
    ledger: Ledger, builtin: Any, tx: Any, of: Any, value: Any = None, *_: Any, **__: Any
) -> None:
    """``super(Cls, value)`` of a value that is none of the class."""
    of = of.realize()
    if value is None or not issubclass(type(of), UserDefinedClassVariable):
        return
    value = value.realize()
    cls = type_at_hand(value)
    if of.value in mro_of(cls):
        return
    if issubclass(cls, type):
        itself = value.as_python_constant() if value.is_python_constant() else None
        if not isinstance(itself, type) or of.value in mro_of(itself):
            return
    elif find(cls, "__class__") != find(object, "__class__"):
        return  # Python asks for that too
    raise_in_program(tx, TypeError(_NOT_OF_IT))


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedClassVariable, "call_function", "tracing", _constructed),
    Watcher(SuperVariable, "call_method", "tracing", _initialized, needed=False),
    Watcher(BuiltinVariable, "call_super", "tracing", _made_of_two),
)
