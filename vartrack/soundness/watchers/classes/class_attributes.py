"""What torch evaluates past the rules of Python: refused, or asked again at every call."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables import builtin as torch_builtins
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
    UserDefinedVariable,
)

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import can_pretend, find, has_of_user, mro_of
from vartrack.soundness.remembered import Remembered
from vartrack.soundness.watchers.classes.inheritance import targets_of

__all__ = ["WATCHERS"]

#: Types of values of which equal ones are the same.
_PLAIN = (bool, int, float, str, bytes, type(None))
#: Trackers of what has an MRO that objects look into.
_CLASSES = (UserDefinedClassVariable, BuiltinVariable)


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if not isinstance(name, str):
        return
    # `isinstance` would ask the trackers' metaclass, which only tells lazy ones apart
    cls = type(tracker)
    if issubclass(cls, UserDefinedClassVariable):
        _of_class(ledger, tracker.value, name)
    elif ledger.guards and issubclass(cls, UserDefinedObjectVariable):
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
    held = Remembered(value)

    def is_the_same() -> bool:
        now = getattr(cls, name)
        return held.is_(now) or (type(now) in _PLAIN and type(now) is type(value) and now == value)

    ledger.state.given(f"{name} of {cls.__module__}.{cls.__qualname__}", is_the_same, True)


def _of_object(tracker: Any, tx: Any, name: str) -> None:
    """``obj.name``, where the function itself has set the attribute on the class."""
    effects = tx.output.side_effects
    if not any(issubclass(type(one), _CLASSES) for one in effects.store_attr_mutations):
        return
    for base in mro_of(type(tracker.value))[:-1]:
        held = effects.id_to_variable.get(id(base))
        if held is not None and effects.has_pending_mutation_of_attr(held, name):
            unimplemented(
                gb_type="vartrack: an attribute of a class that the function has set",
                context=f"{base.__qualname__}.{name}",
                explanation=f"The function sets {name} of {base.__qualname__} and then reads it "
                "from an instance, for which torch gives what was there before.",
                hints=["Set it outside of the compiled function, or read it from the class."],
            )


def _class(ledger: Ledger, builtin: Any, tx: Any, first: Any, *_: Any, **__: Any) -> None:
    """``obj.name``: torch asks every object for its class, and takes what it says for one."""
    tracker = first[0] if isinstance(first, (list, tuple)) else first
    if not issubclass(type(tracker), UserDefinedObjectVariable):
        return
    cls = type(tracker.value)
    if not ledger.of_class(can_pretend, cls):
        return
    try:
        said = tracker.value.__class__
    except Exception:  # it needs what is only there when the function runs
        said = None
    if not isinstance(said, type):
        unimplemented(
            gb_type="vartrack: an object whose class is none",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation=f"A {cls.__qualname__} gives for its `__class__` what is no class, with "
            "which torch cannot go on.",
            hints=["Have its `__getattribute__` or `__class__` give a class."],
        )


def _instance(
    ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, target: Any, *_: Any
) -> None:
    """``isinstance(value, Cls)``, where torch asks the type and Python asks the value."""
    lazy = type(tracker) in LAZY
    if lazy and tracker.is_realized():
        tracker, lazy = tracker.realize(), False
    if not ledger.guards or result is None or not (lazy or _is_asked_by_type(tracker, target)):
        return  # of others torch asks the real object, or their type says all
    try:
        if lazy:
            value = tracker.original_value()
        elif type(tracker) is ConstantVariable:
            value = tracker.as_python_constant()
        else:
            value = tracker.value
        target = target.as_python_constant()
        said, is_one = result.as_python_constant(), isinstance(value, target)
    except NotImplementedError:
        return
    if said is not is_one:
        unimplemented(
            gb_type="vartrack: an instance check that torch answers otherwise",
            context=f"isinstance({type(value).__qualname__}, {target})",
            explanation=f"{target} has an `__instancecheck__` of its own, or the value says "
            "another `__class__` than its type, which torch does not ask.",
            hints=["Ask outside of the compiled function."],
        )


def _is_asked_by_type(tracker: Any, target: Any) -> bool:
    if isinstance(tracker, UserDefinedObjectVariable):
        return tracker.source is not None and (
            can_pretend(type(tracker.value)) or _asks_instances(target)
        )
    return type(tracker) is ConstantVariable


def _asks_instances(target: Any) -> bool:
    """Whether a class that is asked for has an ``__instancecheck__`` in Python."""
    try:
        classes = targets_of(target.as_python_constant())
    except NotImplementedError:
        return False
    return any(has_of_user(type(cls), "__instancecheck__") for cls in classes)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedVariable, hook_name("tp_getattro_impl"), "classes", _read),
    Watcher(BuiltinVariable, "call_isinstance", "isinstance", after=_instance),
    Watcher(BuiltinVariable, "call_getattr", "tracing", _class, needed=False),
    *(
        Watcher(cls, "_call_getattr", "tracing", _class, subclasses=False)
        for cls in vars(torch_builtins).values()
        if isinstance(cls, type) and "_call_getattr" in vars(cls)  # its own since 2.12
    ),
)
