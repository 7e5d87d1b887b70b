"""What torch evaluates past the rules of Python: refused, or asked again at every call."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
    UserDefinedVariable,
)

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.held import Held
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]

#: Types of values of which equal ones are the same.
_PLAIN = (bool, int, float, str, bytes, type(None))


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if not isinstance(name, str):
        return
    if isinstance(tracker, UserDefinedClassVariable):
        _of_class(ledger, tracker.value, name)
    elif ledger.guards and isinstance(tracker, UserDefinedObjectVariable):
        _of_object(tracker, tx, name)


def _of_class(ledger: Ledger, cls: type, name: str) -> None:
    """``Cls.name``, where the metaclass looks it up itself: torch keeps what that gives."""
    found = find(type(cls), "__getattribute__")
    if found is None or type(found[1]) is not FunctionType:
        return
    try:
        value = getattr(cls, name)
    except AttributeError:
        return
    held = Held(value)

    def is_the_same() -> bool:
        now = getattr(cls, name)
        return held.is_(now) or (type(now) in _PLAIN and type(now) is type(value) and now == value)

    ledger.state.given(f"{name} of {cls.__module__}.{cls.__qualname__}", is_the_same, True)


def _of_object(tracker: Any, tx: Any, name: str) -> None:
    """``obj.name``, where the function itself has set the attribute on the class."""
    effects = tx.output.side_effects
    for base in type.__dict__["__mro__"].__get__(type(tracker.value))[:-1]:
        held = effects.id_to_variable.get(id(base))
        if held is not None and effects.has_pending_mutation_of_attr(held, name):
            unimplemented(
                gb_type="vartrack: an attribute of a class that the function has set",
                context=f"{base.__qualname__}.{name}",
                explanation=f"The function sets {name} of {base.__qualname__} and then reads it "
                "from an instance, for which torch gives what was there before.",
                hints=["Set it outside of the compiled function, or read it from the class."],
            )


def _instance(
    ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, target: Any, *_: Any
) -> None:
    """``isinstance(number, Cls)``, where torch asks the type and the class asks the value."""
    lazy = type(tracker) in LAZY
    if lazy and tracker.is_realized():
        tracker, lazy = tracker.realize(), False
    if not ledger.guards or result is None or not (lazy or type(tracker) is ConstantVariable):
        return  # of others torch asks the real object, or their type says all
    try:
        value = tracker.original_value() if lazy else tracker.as_python_constant()
        target = target.as_python_constant()
        said, is_one = result.as_python_constant(), isinstance(value, target)
    except NotImplementedError:
        return
    if said is not is_one:
        unimplemented(
            gb_type="vartrack: an instance check that torch answers otherwise",
            context=f"isinstance({value!r}, {target})",
            explanation=f"{target} has an `__instancecheck__` of its own, which torch does not "
            "ask.",
            hints=["Ask outside of the compiled function."],
        )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedVariable, hook_name("tp_getattro_impl"), "classes", _read),
    Watcher(BuiltinVariable, "call_isinstance", "isinstance", after=_instance),
)
