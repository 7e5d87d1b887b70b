"""Descriptors of users' classes, whose `__get__` torch reads from a place where it is not."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat.making import place_on_class
from vartrack.compat.names import (
    ClassMethodVariable,
    MemberDescriptorVariable,
    PropertyVariable,
    StaticMethodVariable,
)
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]

_BASES = (property, staticmethod, classmethod)
#: Whether torch has a function of its own for each step of reading an attribute; since 2.12.
_ASKS_IN_STEPS = hasattr(UserDefinedObjectVariable, "invoke_descriptor_get")


def _of_object(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, descriptor: Any, source: Any
) -> Any:
    """``obj.name``: torch looks for the closure of `__get__` as if that were a bound method."""
    function = _python_get(descriptor)
    if function is None or not function.__closure__ or tracker.cls_source is None:
        return own(tracker, tx, name, descriptor, source)
    owner = UserDefinedClassVariable(type(tracker.value), source=tracker.cls_source)
    return _called(tracker, tx, name, descriptor, function, [tracker, owner])


def _of_class(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, descriptor: Any, *more: Any
) -> Any:
    """``Cls.name``: torch takes what `__get__` gives for the descriptor itself."""
    function = _python_get(descriptor)
    of_torch = tracker.value.__module__.partition(".")[0] == "torch"
    if function is None or of_torch or tracker.source is None:
        return own(tracker, tx, name, *((descriptor, *more) if more else ()))
    none = ConstantVariable.create(None)
    return _called(tracker, tx, name, descriptor, function, [none, tracker])


def _bound(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, held: Any, owner: Any, *more: Any
) -> Any:
    """The same of a subclass of property and its like, which torch takes for one of those."""
    function = _python_get(tracker.descriptor)
    if function is None:
        return own(tracker, tx, held, owner, *more)
    if tracker.source is None:
        _refuse(tracker.descriptor, "__get__")
    held = ConstantVariable.create(None) if held is None else held
    return _given(tx, tracker.descriptor, function, tracker.source, [held, owner])


def _read(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """The same up to 2.12, where what reads an attribute of an object takes it for one of those."""
    found = find(type(tracker.value), name)
    if found is None or type(found[1]) in _BASES:
        return own(tracker, tx, name)
    held = found[1]
    function = _python_get(held)
    if function is None or not (isinstance(held, _BASES) or _is_misread(function)):
        return own(tracker, tx, name)
    if not _comes_first(tracker, tx, name, held):
        return own(tracker, tx, name)
    if tracker.cls_source is None:
        _refuse(held, "__get__")
    owner = UserDefinedClassVariable(type(tracker.value), source=tracker.cls_source)
    return _called(tracker, tx, name, held, function, [tracker, owner])


def _is_misread(function: FunctionType) -> bool:
    """Whether torch reads the closure of `__get__` where there is none, as `_of_object` says."""
    return bool(function.__closure__) and not _ASKS_IN_STEPS


def _read_of_class(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``Cls.name`` up to 2.11, as `_of_class` has it."""
    found = find(tracker.value, name)
    if found is None or type(found[1]) in _BASES:
        return own(tracker, tx, name)
    return _of_class(ledger, own, tracker, tx, name, found[1])


def _comes_first(tracker: Any, tx: Any, name: str, descriptor: Any) -> bool:
    """Whether an object has nothing of its own in the way of a descriptor of its class."""
    if hasattr(type(descriptor), "__set__") or hasattr(type(descriptor), "__delete__"):
        return True
    set_now = tx.output.side_effects.has_pending_mutation_of_attr(tracker, name)
    return not set_now and name not in getattr(tracker.value, "__dict__", ())


def _made(ledger: Ledger, cls: Any, tx: Any, descriptor: Any, *_: Any, **__: Any) -> None:
    """Since 2.15 the tracker of a static or class method has the function, and not its holder."""
    if ledger.guards and _python_get(descriptor) is not None:
        _refuse(descriptor, "__get__")


def _set(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``obj.name = value``, for which torch calls what the property was made with."""
    if isinstance(name, VariableTracker):
        name = name.as_python_constant()
    found = find(type(tracker.value), name)
    if found is None or type(found[1]) is property or not isinstance(found[1], property):
        return
    for method in ("__set__", "__delete__"):
        of_class = find(type(found[1]), method)
        if ledger.guards and of_class is not None and type(of_class[1]) is FunctionType:
            _refuse(found[1], method)


def _in_slot(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, held: Any, owner: Any, *more: Any
) -> Any:
    """``Base.slot.__get__(obj)``, which torch reads by the name that the class may hide."""
    item, name = held.unwrap(), tracker.descriptor.__name__
    if item.source is not None and issubclass(type(item), UserDefinedObjectVariable):
        cls = type(item.value)
        ledger.classes.look(cls, name, guarded=False)
        found = find(cls, name)
        if found is not None and found[1] is not tracker.descriptor:
            unimplemented(
                gb_type="vartrack: a slot that a class hides",
                context=f"{name} of {cls.__qualname__}",
                explanation=f"{cls.__qualname__} has another `{name}` than the slot that is read, "
                "and torch would read that when the graph has run.",
                hints=["Give the slot another name."],
            )
    return own(tracker, tx, held, owner, *more)


def _by_setter(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, value: Any, *more: Any, **named: Any
) -> Any:
    """``obj.name = value`` of a property, whose setter torch does not trace up to 2.11."""
    asked = name.as_python_constant() if name.is_python_constant() else name
    found = find(type(tracker.value), asked)
    setter = getattr(found[1], "fset", None) if found and type(found[1]) is property else None
    past = more[:1] == (True,) or named.get("directly_update_dict")  # into the dict
    if past or type(setter) is not FunctionType or tracker.cls_source is None:
        return own(tracker, tx, name, value, *more, **named)
    place = AttrSource(place_on_class(tracker, tx, asked), "fset")
    return VariableTracker.build(tx, setter, place).call_function(tx, [tracker, value], {})


def _refuse(descriptor: Any, method: str) -> None:
    cls = type(descriptor)
    unimplemented(
        gb_type="vartrack: a descriptor that does otherwise than its base",
        context=f"{method} of {cls.__qualname__}",
        explanation=f"{cls.__qualname__} has a `{method}` of its own. torch takes its instances "
        "for those of the base.",
        hints=["Do it outside of the compiled function."],
    )


def _python_get(descriptor: Any) -> FunctionType | None:
    """The `__get__` of ``descriptor``, if it is written in Python."""
    found = find(type(descriptor), "__get__")
    return found[1] if found is not None and type(found[1]) is FunctionType else None


def _called(
    tracker: Any, tx: Any, name: str, descriptor: Any, function: FunctionType, args: list[Any]
) -> Any:
    return _given(tx, descriptor, function, place_on_class(tracker, tx, name), args)


def _given(tx: Any, descriptor: Any, function: FunctionType, place: Any, args: list[Any]) -> Any:
    held = VariableTracker.build(tx, descriptor, place)
    get = VariableTracker.build(tx, function, AttrSource(TypeSource(place), "__get__"))
    return get.call_function(tx, [held, *args], {})


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        UserDefinedObjectVariable,
        "invoke_descriptor_get",
        "classes",
        instead=_of_object,
        needed=False,
    ),
    Watcher(
        UserDefinedClassVariable,
        "resolve_cls_descriptor",
        "classes",
        instead=_of_class,
        needed=False,
    ),
    # up to 2.12 torch has no trackers of these
    *(
        Watcher(cls, "tp_descr_get_impl", "tracing", instead=_bound, needed=False)
        for cls in (PropertyVariable, StaticMethodVariable, ClassMethodVariable)
        if cls is not None
    ),
    *(
        Watcher(cls, "tp_descr_get_impl", "tracing", instead=_in_slot, needed=False)
        for cls in {MemberDescriptorVariable} - {None}
    ),
    *(
        (Watcher(UserDefinedObjectVariable, "var_getattr", "tracing", instead=_read),)
        if PropertyVariable is None
        else ()
    ),
    *(
        ()
        if _ASKS_IN_STEPS
        else (
            Watcher(UserDefinedClassVariable, "var_getattr", "tracing", instead=_read_of_class),
            Watcher(
                UserDefinedObjectVariable,
                "method_setattr_standard",
                "tracing",
                instead=_by_setter,
            ),
        )
    ),
    *(
        Watcher(cls, "from_descriptor", "classes", _made, needed=False)
        for cls in (StaticMethodVariable, ClassMethodVariable)
        if cls is not None
    ),
    Watcher(UserDefinedObjectVariable, "method_setattr_standard", "classes", _set),
)
