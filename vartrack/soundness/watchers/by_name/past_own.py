"""``int.__repr__(number)``, of a number whose class has a `__repr__`, which torch calls instead."""

from __future__ import annotations

import operator
from types import ClassMethodDescriptorType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.containers import plain_inside
from vartrack.compat.names import (
    BaseBuiltinVariable,
    MethodDescriptorVariable,
    MethodWrapperVariable,
    WrapperDescriptorVariable,
)
from vartrack.core.texts.articles import with_article
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.by_name.of_containers import answer_of_container

__all__ = ["WATCHERS"]

#: What makes an object, or is of the object itself and not of what its base holds.
_OF_OBJECTS = frozenset(
    f"__{name}__"
    for name in (
        *("new", "init", "init_subclass", "class_getitem", "subclasshook", "sizeof", "dir"),
        *("getattribute", "setattr", "delattr", "reduce", "reduce_ex", "getstate", "format"),
    )
)
#: What a class has for itself: `fromkeys`, `from_bytes`, `maketrans`.
_OF_CLASSES = (ClassMethodDescriptorType, classmethod, staticmethod)
#: Methods in C that ask the class of the object all the same.
_ASKING: dict[type, tuple[str, ...]] = {
    dict: ("__or__", "__ror__", "copy"),
    str: ("__mod__", "__rmod__"),
}
_JOINING = {"__add__": operator.add, "__mul__": operator.mul, "__rmul__": operator.mul}
#: Bases whose objects stay as they are: such a one is what it holds also as an operand.
_FIXED = (int, float, complex, str, bytes)
#: Bases whose methods give for an object what they give for what it holds, if they do not ask it.
_AS_HELD = frozenset({*_FIXED, dict, list, tuple, set, frozenset})
#: What a method of `dict` asks the class of the object for.
_BY_ONE = {**dict.fromkeys(_ASKING[dict], "__iter__"), "__getitem__": "__missing__"}
#: Bases whose operators take what the right operand holds.
_MADE_OF: dict[type, Any] = {list: ListVariable, tuple: TupleVariable}
_OPERANDS = (*_FIXED, *_MADE_OF)


def _by_name(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, name: Any, args: Any, kwargs: Any
) -> Any:
    """``Base.name(obj)``, where torch makes no tracker of the method."""
    base = builtin.as_python_constant()
    if isinstance(base, type) and args:
        first, args = args[0], _operands(ledger, base, name, args)
        method = getattr(base, name, None)
        answer = _answered(ledger, tx, method, base, first, args, kwargs)
        if answer is not None:
            return answer
        return _joined(tx, own(builtin, tx, name, args, kwargs), base, name, args)
    return own(builtin, tx, name, args, kwargs)


def _called(ledger: Ledger, own: Any, method: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """The same where it makes one."""
    base, name = method.descriptor.__objclass__, method.descriptor.__name__
    if args:
        first, args = args[0], _operands(ledger, base, name, args)
        answer = _answered(ledger, tx, method.descriptor, base, first, args, kwargs)
        if answer is not None:
            return answer
        return _joined(tx, own(method, tx, args, kwargs), base, name, args)
    return own(method, tx, args, kwargs)


def _answered(
    ledger: Ledger, tx: Any, method: Any, base: type, first: Any, args: Any, kwargs: Any
) -> Any:
    """What a special method gives that torch does not know; None of any other."""
    if type(method) not in (WrapperDescriptorType, MethodDescriptorType) or kwargs:
        return None
    if base in _FIXED:
        return _evaluated(tx, method, base, args, kwargs)
    return answer_of_container(ledger, tx, method.__objclass__, method.__name__, first, args)


def _evaluated(tx: Any, method: Any, base: type, args: Any, kwargs: Any) -> Any:
    """What a special method of a number or text gives, which torch 2.13 does not know of some."""
    if base not in _FIXED or type(method) is not WrapperDescriptorType or kwargs:
        return None
    if not all(type(one) is ConstantVariable for one in args):
        return None
    try:
        answer = method(*(one.value for one in args))
    except Exception:  # it is raised where torch does the same
        return None
    return VariableTracker.build(tx, answer)


def _joined(tx: Any, answer: Any, base: type, name: str, args: Any) -> Any:
    """``list.__add__(items, more)``, which is no method of numbers, as torch 2.13 takes it for."""
    if base not in (list, tuple) or name not in _JOINING:
        return answer
    if not _is_declined(answer):
        return answer
    if any(issubclass(type(one.unwrap()), UserDefinedObjectVariable) for one in args):
        _refuse(base, name, args[0].python_type())
    return BuiltinVariable(_JOINING[name]).call_function(tx, list(args), {})


def _operands(ledger: Ledger, base: type, name: str, args: Any) -> Any:
    """``args``, with what an object holds in the place of one whose class has its own ``name``."""
    tracker = args[0].realize()
    if base is object or name in _OF_OBJECTS or not isinstance(tracker, UserDefinedObjectVariable):
        return args
    cls, method = tracker.python_type(), find(base, name)
    if method is None or not issubclass(cls, base) or cls is base:
        return args
    if isinstance(method[1], _OF_CLASSES):
        return args  # `dict.fromkeys(obj)`: it is no method of the object
    if method[0] is object:
        if name == "__str__":  # it gives what `repr` does
            _refuse(base, name, cls)
        return args
    inside = _held(tracker)
    if inside is not None and not _asks_class(ledger, method[0], name, cls):
        return [inside, *((_held(each) or each) if base in _FIXED else each for each in args[1:])]
    ledger.classes.look(cls, name, "__iter__", guarded=False)
    is_own = find(cls, name) != method
    iterates = find(cls, "__iter__") != find(base, "__iter__")
    if not is_own and not iterates and (base not in _FIXED or inside is None):
        return args
    asks = name in _ASKING.get(base, ()) and (iterates or base is str)
    if asks or (name == "__repr__" and issubclass(base, set)):
        _refuse(base, name, cls)
    if inside is None:  # since 2.15 those of containers hold the items themselves
        joins = base is tuple and (iterates or name in _JOINING)
        if base in _FIXED or joins or name in ("__repr__", "__str__"):
            _refuse(base, name, cls)
        return args
    return [inside, *args[1:]]


def _asks_class(ledger: Ledger, base: type, name: str, cls: type) -> bool:
    """Whether what a method of ``base`` gives may depend on the class of the object."""
    if base is dict and name in _BY_ONE:
        asked = _BY_ONE[name]
        ledger.classes.look(cls, asked, guarded=False)
        return find(cls, asked) != find(dict, asked)
    by_class = name in _ASKING.get(base, ()) or (name == "__repr__" and issubclass(base, set))
    return by_class or base not in _AS_HELD


def _held(tracker: Any) -> Any:
    """What an object holds as one of its base; None if it is no such object, or not known."""
    tracker = tracker.unwrap()
    if not issubclass(type(tracker), UserDefinedObjectVariable):
        return None
    inside = plain_inside(tracker)
    if type(inside) is ConstantVariable:  # on some releases what `str` or `float` gave
        plain: Any = type(inside.value)
        return ConstantVariable.create(plain(*plain.__getnewargs__(tracker.value)))
    return inside


def _by_operator(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Any) -> Any:
    """``left + right``, where the class of one has the method of a base, and torch asks that.

    It hands over the right operand as it is, and an operator in its class would be asked again.
    """
    cls = type(tracker.value)
    found = find(cls, name)
    if found is None:  # torch would find one of the metaclass
        ledger.classes.look(cls, name)
        return ConstantVariable.create(NotImplemented)
    base = getattr(found[1], "__objclass__", None)
    if type(found[1]) is not WrapperDescriptorType or base not in _OPERANDS:
        return own(tracker, tx, name, args)
    ledger.classes.look(cls, name)
    held = [_plain(base, each) if _is_a(base, each) else each.realize() for each in args]
    if base in _FIXED and (inside := _held(tracker)) is not None:
        answer = _evaluated(tx, found[1], base, [inside, *held], {})
        if answer is not None:
            return answer
    answer = own(tracker, tx, name, held)
    if base in _MADE_OF and name in _JOINING and _is_declined(answer):
        # it is no method of numbers, as torch takes it for
        left = _plain(base, tracker)
        return BuiltinVariable(_JOINING[name]).call_function(tx, [left, *held], {})
    return answer


def _is_declined(answer: Any) -> bool:
    return answer.is_python_constant() and answer.as_python_constant() is NotImplemented


def _plain(base: type, operand: VariableTracker) -> VariableTracker:
    """What ``operand`` holds as a ``base``; one of that very type is it itself."""
    operand = operand.realize()
    made = _MADE_OF.get(base)
    # since 2.15 trackers of containers hold the items themselves
    if made is None or operand.python_type() is base or plain_inside(operand) is not None:
        return _held(operand) or operand
    items: Any = operand
    return made(list(items.items), mutation_type=ValueMutationNew())


def _is_a(base: type, operand: VariableTracker) -> bool:
    try:
        return issubclass(operand.realize().python_type(), base)
    except NotImplementedError:
        return False


def _refuse(base: type, name: str, cls: type) -> None:
    unimplemented(
        gb_type="vartrack: a method of a base that is called past the one of the class",
        context=f"{base.__name__}.{name} of {with_article(cls)}",
        explanation=f"{cls.__qualname__} has a `{name}` of its own, which torch would call.",
        hints=["Do it outside of the compiled function."],
    )


def _bound(ledger: Ledger, own: Any, wrapper: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``number.__str__()``, if what is found there is another method of a base, as of an enum."""
    tracker = wrapper.obj.realize()
    name, base = wrapper.descriptor.__name__, wrapper.descriptor.__objclass__
    if isinstance(tracker, UserDefinedObjectVariable) and base is not object:
        found = find(tracker.python_type(), name)
        if found is not None and found[1] is not wrapper.descriptor:
            unbound = WrapperDescriptorVariable(wrapper.descriptor, BuiltinVariable(base))
            return unbound.call_function(tx, [tracker, *args], kwargs)
    return own(wrapper, tx, args, kwargs)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        *(UserDefinedObjectVariable, "_vectorcall_maybe", "tracing"),
        instead=_by_operator,
        needed=False,
    ),
    Watcher(BaseBuiltinVariable, "call_method", "tracing", instead=_by_name),
    *(
        Watcher(cls, "call_function", "tracing", instead=how)
        for cls, how in (
            (WrapperDescriptorVariable, _called),
            (MethodDescriptorVariable, _called),
            (MethodWrapperVariable, _bound),
        )
        if WrapperDescriptorVariable is not None
    ),
)
