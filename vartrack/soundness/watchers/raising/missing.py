"""Attributes that no value of a type has: torch raises only when the graph has run."""

from __future__ import annotations

import weakref
from types import CodeType
from typing import Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.exc import unimplemented
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import (
    ConstDictVariable,
    DictViewVariable,
    MappingProxyVariable,
)
from torch._dynamo.variables.lists import (
    BaseListVariable,
    DequeVariable,
    RangeVariable,
    SizeVariable,
)
from torch._dynamo.variables.misc import (
    ConstantLikeVariable,
    GetAttrVariable,
    LoggingLoggerVariable,
    NumpyVariable,
    TypingVariable,
    WeakRefVariable,
)
from torch._dynamo.variables.tensor import TensorVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable, UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import is_tried
from vartrack.compat.names import LAZY, AnySetVariable
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.own_dicts.steps import dict_of
from vartrack.soundness.reading.lookups import can_change, find
from vartrack.soundness.reading.packages import is_of_torch, is_stand_in
from vartrack.soundness.reading.type_names import name_in_words
from vartrack.soundness.watchers.attributes.absence import absent

__all__ = ["WATCHERS"]

#: Trackers of built-in values, of which torch asks the type.
_BUILT_IN = (
    *(ConstDictVariable, DictViewVariable, MappingProxyVariable, AnySetVariable),
    *(RangeVariable, DequeVariable, SizeVariable),
)


def _put_off(
    ledger: Ledger, _: Any, tracker: Any, of: Any, name: str, py_type: Any = None, **__: Any
) -> None:
    """``value.name``: Python raises here; of what torch puts off ``is None``, say, is false."""
    if py_type is not None or type(of) in LAZY or ledger.asks_presence:
        return
    tx: Any = InstructionTranslator.current_tx().output.current_tx  # of the function inside
    if _asks_for_itself(tx.f_code, name):
        return
    text = _says(ledger, tx, of, name)
    if text is None:
        return
    if tx.output.root_tx.one_graph and not is_tried(tx):
        ledger.unraised.append(tracker)  # what leaves the function is not raised in one piece
    else:
        raise_in_program(tx, AttributeError(text))


def _says(ledger: Ledger, tx: Any, of: Any, name: str) -> str | None:
    """What Python raises for ``of.name``; None if it may be there."""
    if waits(of) and hasattr(of.type_at_hand, name):
        return None  # to ask it anything would guard it
    if isinstance(of, BuiltinVariable):
        return None if hasattr(of.fn, name) else f"{of.fn.__name__} has no attribute '{name}'"
    if isinstance(of, (UserDefinedClassVariable, NumpyVariable)):
        return _of_class(of.value, name)
    cls = _type_of(of)
    if not isinstance(cls, type) or find(cls, name) or find(cls, "__getattr__"):
        return None
    if isinstance(of, TensorVariable) and of.source is None:
        if is_tried(tx):
            _of_made_tensor(name)
    elif not type.__dict__["__dictoffset__"].__get__(cls) or _lacks(ledger, tx, of, name):
        return f"'{name_in_words(cls)}' object has no attribute '{name}'"
    return None


def _returned(ledger: Ledger, own: Any, tx: Any, inst: Any) -> Any:
    """The end of what is compiled in one piece: what is not there is read when the graph has run.

    That raises, whatever the program did with it. torch reads it there if it is returned.
    """
    if ledger.unraised and tx.one_graph:
        if inst.opname == "RETURN_VALUE":
            tx.pop()
        tx.push(ledger.unraised[0])
        inst = create_instruction("RETURN_VALUE")
    return own(tx, inst)


def _asks_for_itself(code: CodeType, name: str) -> bool:
    """Whether it is torch that wants the attribute, and not the program.

    Up to 2.12 what stands in for ``keys | other`` has the trackers of sets and views copied.
    """
    return is_of_torch(code) and (not is_stand_in(code) or name in code.co_names)


def _lacks(ledger: Ledger, tx: Any, of: Any, name: str) -> bool:
    """Whether the object has no such attribute of its own, and is not given one while tracing."""
    changed = tx.output.side_effects.has_pending_mutation_of_attr(of, name)
    if changed or name_of(of.source) is None:
        return False
    found = ledger.values_of([of.source])
    # no code of its class is run
    held = None if found is None else dict_of(found[0])
    if type(held) is not dict or name in held:
        return False
    cls = _type_of(of)
    if can_change(cls):
        ledger.classes.look(cls, name, "__getattr__", guarded=False)
    absent(ledger, "classes", of.source, name)
    return True


def _of_class(cls: Any, name: str) -> str | None:
    """What Python raises for ``cls.name`` of a class that can be given no attribute later."""
    if type(cls) is type and not any(map(can_change, cls.__mro__)) and not hasattr(cls, name):
        return f"type object '{cls.__name__}' has no attribute '{name}'"
    return None


def _of_tensor(ledger: Ledger, tensor: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``tensor.name``: torch looks at the tensor, and keeps that it found nothing."""
    cls = tensor.python_type()
    if not isinstance(name, str) or find(cls, name) or find(cls, "__getattr__"):
        return
    if type.__dict__["__dictoffset__"].__get__(cls):  # else it is an array of NumPy
        _lacks(ledger, tx, tensor, name)


def _asked_for(ledger: Ledger, own: Any, tensor: Any, tx: Any, name: str) -> Any:
    """``hasattr(tensor, name)``, which torch answers by whether reading it is put off."""
    outer, ledger.asks_presence = ledger.asks_presence, True
    try:
        return own(tensor, tx, name)
    finally:
        ledger.asks_presence = outer


def _has(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``hasattr(value, name)``, which torch asks of the type of a built-in value.

    That has what its own type gives it as well, such as `__call__`.
    """
    cls = _type_of(tracker)
    if type(cls) is not type or not isinstance(name, str):
        return own(tracker, tx, name)
    if can_change(cls) or find(cls, "__getattr__"):
        return own(tracker, tx, name)
    found = find(cls, name) is not None
    if not type.__dict__["__dictoffset__"].__get__(cls):  # then the type says it all
        return ConstantVariable.create(found)
    if not found and find(type, name) and _lacks(ledger, tx, tracker, name):
        return ConstantVariable.create(False)
    return own(tracker, tx, name)


def _has_dict(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``hasattr(obj, "__dict__")``, which torch up to 2.11 says of objects with slots alone too."""
    cls = _type_of(tracker) if name == "__dict__" else None
    if cls is None or type.__dict__["__dictoffset__"].__get__(cls):
        return own(tracker, tx, name)
    if find(cls, name) is not None or find(cls, "__getattr__") is not None:
        return own(tracker, tx, name)
    ledger.classes.look(cls, name, "__getattr__", guarded=False)
    return ConstantVariable.create(False)


def _type_of(tracker: Any) -> Any:
    """The type of what it stands for; None if it does not say."""
    try:
        return tracker.python_type()
    except NotImplementedError:
        kind = type(tracker.unwrap())
    # up to 2.11 these do not say
    if issubclass(kind, WeakRefVariable):
        return weakref.ref
    return type(tracker.value) if issubclass(kind, LoggingLoggerVariable) else None


def _of_made_tensor(name: str) -> None:
    """``(x + 1).name``: some operators return what they were given, which may have it."""
    unimplemented(
        gb_type="vartrack: an attribute of a tensor that the graph makes",
        context=name,
        explanation=f"Whether the tensor has {name} is not known before the graph has run, and a "
        "`try` or `with` of the program may catch that it has not.",
        hints=["Test it before, with `hasattr` of a tensor that is given to the function."],
    )


def _read(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``value.name`` that torch reads from the value itself: it would die of what that raises."""
    try:
        return own(tracker, tx, name)
    except AttributeError as error:
        if error.obj is not tracker.value:
            raise
        raise_in_program(tx, error)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(GetAttrVariable, "__init__", "tracing", after=_put_off, needed=False),
    Watcher(InstructionTranslator, "_return", "tracing", instead=_returned),
    Watcher(TensorVariable, hook_name("tp_getattro_impl"), "classes", _of_tensor),
    Watcher(TensorVariable, "call_obj_hasattr", "tracing", instead=_asked_for, subclasses=False),
    *(
        ()
        if hasattr(UserDefinedObjectVariable, "get_dict_vt")
        else (
            Watcher(cls, "call_obj_hasattr", "tracing", instead=_has_dict, needed=False)
            for cls in (UserDefinedObjectVariable, BaseListVariable)
        )
    ),
    *(
        Watcher(cls, "call_obj_hasattr", "tracing", instead=_has, subclasses=False, needed=False)
        for cls in _BUILT_IN
    ),
    *(
        Watcher(cls, hook_name("tp_getattro_impl"), "tracing", instead=_read)
        for cls in (ConstantLikeVariable, TypingVariable)
    ),
)
