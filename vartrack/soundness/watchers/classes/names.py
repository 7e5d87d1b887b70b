"""Classes: the names that torch looks up on them."""

from __future__ import annotations

import functools
import threading
import weakref
from abc import ABCMeta
from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any

import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables import torch_function
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.ctx_manager import GenericContextWrappingVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
    UserDefinedVariable,
)

from vartrack.bases.tracing.contents.stored_attributes import is_empty_slot
from vartrack.compat import behaviour
from vartrack.compat.filled import own_lists
from vartrack.compat.hooks import HASHED_BY, READ_PAST_LOOK_UPS, SLOT_CACHES, hook_name
from vartrack.compat.names import LAZY, get_type_slots, object_protocol
from vartrack.core.texts.articles import with_article
from vartrack.core.user_code import methods
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import (
    asked_of_metaclass,
    can_change,
    find,
    has_of_user,
)
from vartrack.soundness.watchers.attributes.absence import (
    absent,
    absent_in_shown,
    empty_slot,
    may_have_of_its_own,
)
from vartrack.visitors import known_functions

__all__ = ["WATCHERS"]

#: What Python looks up on the type whatever attribute is read.
_READING = ("__getattribute__", "__getattr__")
_WRITING = ("__setattr__", "__delattr__")
_MAKING = ("__new__", "__init__")
#: Of these what is read is another object's, and by what it is asked whether it is there. In a
#: class of the program's, a `threading.local` has the names of the class as well.
_SHOWING_OTHERS: dict[type, Callable[[Any, str], bool]] = {
    threading.local: lambda value, name: name in vars(value),
    weakref.ProxyType: hasattr,
    weakref.CallableProxyType: hasattr,
}


def _look(ledger: Ledger, tracker: Any, *names: str) -> None:
    """Attributes of ``tracker``, looked up on its type; those of a class on the class as well."""
    value = tracker.value
    guarded = tracker.source is not None or getattr(tracker, "cls_source", None) is not None
    cls = type(value)
    if issubclass(cls, type):
        if not behaviour.GUARDS_ATTRIBUTES_OF_CLASSES:
            guarded = guarded and not isinstance(tracker, UserDefinedClassVariable)
        ledger.classes.look(value, *names, guarded=guarded)
        guarded = False  # of what a class has by its metaclass torch guards nothing
    ledger.classes.look(cls, *names, guarded=guarded)


def _attribute(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if isinstance(name, str) and ledger.is_new(_attribute, tracker, tracker.value, name):
        if not behaviour.ASKS_METACLASSES:
            _refuse_metaclass(ledger, tracker, name)
        _look(ledger, tracker, name, *_READING)
        if not tx.output.side_effects.has_pending_mutation_of_attr(tracker, name):
            _absent(ledger, tracker, name)


def _refuse_metaclass(ledger: Ledger, tracker: Any, name: str) -> None:
    """What a class gives under a name, if its metaclass says so in Python."""
    if not ledger.guards or not isinstance(tracker, UserDefinedClassVariable):
        return
    method = asked_of_metaclass(tracker.value, name)
    if method is not None:
        metaclass = type(tracker.value).__qualname__
        unimplemented(
            gb_type="vartrack: a metaclass that says what its classes have",
            context=f"{metaclass}.{method} for {name} of {tracker.value.__qualname__}",
            explanation=f"{metaclass} has a `{method}` of its own, which this release of "
            "torch does not ask.",
            hints=["Read the attribute outside of the compiled function."],
        )


def _absent(ledger: Ledger, tracker: Any, name: str) -> None:
    """A name that neither the object nor its class has: torch guards that nowhere."""
    if not issubclass(type(tracker), UserDefinedObjectVariable) or tracker.source is None:
        return
    value = tracker.value
    cls = type(value)
    has = ledger.of_class(_shows_by, cls)
    if has is not None:
        if name_of(tracker.source) is not None:
            absent_in_shown(ledger, "classes", tracker.source, name, has)
        return
    found = find(cls, name)
    if found is not None:
        if type(found[1]) is MemberDescriptorType and is_empty_slot(value, name):
            empty_slot(ledger, tracker.source, name)
    elif not may_have_of_its_own(ledger, value, name):
        absent(ledger, "classes", tracker.source, name)


def _shows_by(cls: type) -> Callable[[Any, str], bool] | None:
    return next((has for kind, has in _SHOWING_OTHERS.items() if issubclass(cls, kind)), None)


def _method(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if isinstance(name, str):
        more = _WRITING if name in _WRITING else ()
        _look(ledger, tracker, name, *more)


def _name(ledger: Ledger, tracker: Any, name: Any, *_: Any, **__: Any) -> None:
    if isinstance(name, str):
        _look(ledger, tracker, name)


def _names(*names: str) -> Any:
    def note(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
        _look(ledger, tracker, *names)

    return note


def _set(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``obj.name = value``: up to 2.11 torch looks for a setter by no function of its own."""
    _look(ledger, tracker, *_WRITING)
    if isinstance(name, VariableTracker):
        name = name.as_python_constant() if name.is_python_constant() else None
    if isinstance(name, str):
        _look(ledger, tracker, name)


def _made(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    cls = tracker.value
    ledger.classes.look(cls, *_MAKING)
    if isinstance(cls, ABCMeta):  # none can be made of one that has abstract methods
        ledger.classes.look(cls, "__abstractmethods__", guarded=False)
    ledger.classes.look(type(cls), "__call__")
    if ledger.guards and has_of_user(type(cls), "__call__"):
        unimplemented(
            gb_type="vartrack: a metaclass that says what calling its classes gives",
            context=f"{type(cls).__qualname__}.__call__ of {cls.__qualname__}",
            explanation=f"{type(cls).__qualname__} has a `__call__` of its own, which torch does "
            f"not ask when {with_article(cls)} is made.",
            hints=["Make the object outside of the compiled function."],
        )


def _on_type(ledger: Ledger, cls: Any, name: Any, *_: Any, **__: Any) -> None:
    if isinstance(cls, type) and isinstance(name, str):
        ledger.classes.look(cls, name)


def _compared_as_list(ledger: Ledger, cls: type) -> None:
    ledger.classes.look(cls, *own_lists.METHODS)


def _super(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``super().name``: looked up behind the class in the order of the object's type."""
    start = getattr(tracker.typevar, "value", getattr(tracker.typevar, "fn", None))
    try:
        cls = tracker.objvar.python_type()
        if issubclass(cls, type):
            cls = tracker.objvar.value
    except (NotImplementedError, AttributeError):
        return
    if isinstance(start, type) and isinstance(cls, type) and isinstance(name, str):
        ledger.classes.look(cls, name, after=start)


def _callable(ledger: Ledger, builtin: Any, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    if isinstance(tracker, UserDefinedVariable):
        _look(ledger, tracker, "__call__")


def _asked_for_slots(ledger: Ledger, cls: type) -> None:
    ledger.classes.slots(cls, get_type_slots)


def _slots(ledger: Ledger, own: Any, cls: type) -> Any:
    """torch remembers the special methods of a class for ever; here they are read anew."""
    if not can_change(cls):
        return own(cls)
    _asked_for_slots(ledger, cls)
    key = (own, cls)
    if key not in ledger.slots:
        ledger.slots[key] = getattr(own, "__wrapped__", own)(cls)
    return ledger.slots[key]


def _type_of(ledger: Ledger, tracker: Any, *names: str) -> None:
    try:
        cls = tracker.python_type()
    except NotImplementedError:
        return
    if isinstance(cls, type):
        ledger.classes.look(cls, *names)


def _reversed(ledger: Ledger, builtin: Any, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    _type_of(ledger, tracker, "__reversed__")


def _formatted(ledger: Ledger, tx: Any, *_: Any, **__: Any) -> None:
    if tx.stack:
        ledger.when_read(tx.stack[-1], functools.partial(_of_text, ledger))


def _of_text(ledger: Ledger, tracker: Any) -> None:
    _type_of(ledger, tracker, "__format__", "__str__", "__repr__")


def _formatted_by_function(
    ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any
) -> None:
    """``format(value)``."""
    if args:
        ledger.when_read(args[0], functools.partial(_of_text, ledger))


def _fields(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    tracker = tracker.unwrap()
    if issubclass(type(tracker), UserDefinedObjectVariable):
        ledger.classes.look(type(tracker.value), "__dataclass_fields__", guarded=False)


def _called_module(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    _look(ledger, tracker, "forward", "__call__", "_call_impl")


def _watch(owner: type, names: str, before: Any) -> list[Watcher]:
    return [Watcher(owner, hook_name(name), "classes", before) for name in names.split()]


def _asked_for_torch_function(
    ledger: Ledger, _: Any, tracker: Any, tx: Any, args: Any, *__: Any, **___: Any
) -> None:
    """``has_torch_function(...)``: of objects that have none torch guards nothing."""
    if tracker.value not in _HAS_TORCH_FUNCTION:
        return
    for arg in args:
        for one in arg.items if type(arg) is TupleVariable else (arg,):
            if type(one) in LAZY and not one.is_realized():
                ledger.classes.look(type(one.original_value()), "__torch_function__")
            elif isinstance(one.unwrap(), UserDefinedObjectVariable):
                _type_of(ledger, one.unwrap(), "__torch_function__")


def _torch_function(ledger: Ledger, tx: Any, tracker: Any, *_: Any, **__: Any) -> None:
    _type_of(ledger, tracker, "__torch_function__")


_HAS_TORCH_FUNCTION = frozenset(
    getattr(torch.overrides, f"has_torch_function{form}") for form in ("", "_unary", "_variadic")
)

WATCHERS: tuple[Watcher, ...] = (
    *_watch(UserDefinedVariable, "_maybe_get_baseclass_method", _name),
    *_watch(
        UserDefinedVariable,
        "lookup_class_mro_attr lookup_cls_mro_attr lookup_metaclass_attr _getattr_static",
        _name,
    ),
    *_watch(UserDefinedVariable, "tp_getattro_impl call_obj_hasattr", _attribute),
    *_watch(UserDefinedVariable, "call_method", _method),
    *_watch(UserDefinedVariable, "tp_richcompare_impl", _names(*own_lists.METHODS)),
    *_watch(UserDefinedVariable, HASHED_BY, _names("__hash__", "__eq__")),
    *_watch(UserDefinedObjectVariable, "call_function", _names("__call__")),
    # what is a constant is asked for its truth in many places, and by none of these functions
    *_watch(UserDefinedObjectVariable, "as_python_constant", _names("__bool__", "__len__")),
    *_watch(UserDefinedObjectVariable, "method_setattr_standard", _set),
    *_watch(UserDefinedClassVariable, "call_function", _made),
    *_watch(UserDefinedVariable, "tp_iter_impl", _names("__iter__", "__getitem__")),
    *_watch(UserDefinedVariable, "tp_iternext_impl", _names("__next__")),
    *_watch(
        UserDefinedVariable,
        "mp_subscript_impl",
        _names("__getitem__", "__class_getitem__", "__missing__"),
    ),
    *(
        each
        for hook, method in READ_PAST_LOOK_UPS.items()
        for each in _watch(UserDefinedObjectVariable, hook, _names(method))
    ),
    *_watch(BuiltinVariable, "call_callable", _callable),
    Watcher(object_protocol, "mro_lookup", "classes", _on_type, needed=False),
    Watcher(SuperVariable, "_resolved_getattr_and_source", "classes", _super),
    *(
        Watcher(module, name, "classes", _asked_for_slots, instead=_slots, needed=False)
        for module, names in SLOT_CACHES.items()
        for name in names
    ),
    Watcher(methods, "held_by", "classes", _on_type),
    Watcher(own_lists, "compares_as_list", "classes", _compared_as_list),
    Watcher(torch_function, "get_torch_function_fn", "classes", _torch_function, needed=False),
    Watcher(
        TorchInGraphFunctionVariable, "call_function", "classes", after=_asked_for_torch_function
    ),
    *_watch(BuiltinVariable, "call_reversed", _reversed),
    *_watch(InstructionTranslatorBase, "_format_value", _formatted),
    Watcher(
        *(BuiltinVariable, "call_function", "classes", _formatted_by_function),
        subclasses=False,
        of=(format,),
    ),
    *_watch(GenericContextWrappingVariable, "enter exit", _names("__enter__", "__exit__")),
    *_watch(UnspecializedNNModuleVariable, "call_function", _called_module),
    Watcher(known_functions, "fields_of", "classes", _fields),
)
