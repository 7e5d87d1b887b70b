"""Objects that say they are of another class, and classes that say what their instances are."""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any

import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.attempts import attempt, is_traceable
from vartrack.bases.tracing.evaluating.intents import Intent, asks_for
from vartrack.compat.instructions import builtins_with
from vartrack.compat.names import LAZY
from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_pretend, find, has_of_user
from vartrack.soundness.watchers.classes.inheritance import asked, targets_of

__all__ = ["WATCHERS"]


def _class(ledger: Ledger, builtin: Any, tx: Any, first: Any, *_: Any, **__: Any) -> None:
    """``obj.name``: torch asks every object for its class, and takes what it says for one."""
    tracker = first[0] if isinstance(first, (list, tuple)) else first
    if not issubclass(type(tracker), UserDefinedObjectVariable):
        return
    cls = tracker.python_type()  # `value` would have all of it guarded
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
            explanation=f"{with_article(cls, begins=True)} gives for its `__class__` what is no "
            "class, with which torch cannot go on.",
            hints=["Have its `__getattribute__` or `__class__` give a class."],
        )


@asks_for(Intent.TYPE)
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
        elif isinstance(tracker, UserDefinedObjectVariable):
            value = tracker.value
        else:
            found = ledger.values_of([tracker.source])
            if found is None:
                return
            value = found[0]
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


def _tensor(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, tracker: Any, target: Any, *more: Any
) -> Any:
    """``isinstance(tensor, Cls)``: the tensor itself is asked where it can be found again."""
    if type(tracker) in LAZY and (
        tracker.is_realized() or issubclass(type(tracker.original_value()), torch.Tensor)
    ):
        tracker = tracker.realize()
    if not isinstance(tracker, TensorVariable) or not _asks_tensors(target):
        return own(builtin, tx, tracker, target, *more)
    target = target.as_python_constant()
    asked(ledger, tracker.python_type(), target)
    name = name_of(tracker.source)
    found = None if name is None else ledger.values_of([tracker.source])
    if found is not None:
        ask = functools.partial(_is_one, target)
        classes = " or ".join(map(with_article, targets_of(target)))
        text = f"whether the tensor {name} is {classes}"
        key = ("instance of a tensor", name, tuple(targets_of(target)))
        ledger.sourced.asked("isinstance", key, text, [tracker.source], ask)
        return ConstantVariable.create(isinstance(found[0], target))
    if not any(has_of_user(type(cls), "__instancecheck__") for cls in targets_of(target)):
        # of torch's own, `Buffer`, which no result of an operation is
        others = tuple(cls for cls in targets_of(target) if type(cls) is not _BUFFERS)
        return ConstantVariable.create(issubclass(tracker.python_type(), others))
    answer = _traced(tx, tracker, targets_of(target))
    if answer is not None:
        return ConstantVariable.create(answer)
    unimplemented(
        gb_type="vartrack: an instance check of a tensor that the graph makes",
        context=f"isinstance({tracker}, {target})",
        explanation=f"{target} has an `__instancecheck__` of its own, which would be asked about a "
        "tensor that is not there while tracing.",
        hints=["Ask outside of the compiled function."],
    )


def _traced(tx: Any, tracker: Any, targets: list[type]) -> bool | None:
    """What the classes say of a tensor that the graph makes; None where that cannot be traced."""
    for cls in targets:
        found = find(type(cls), "__instancecheck__")
        if not has_of_user(type(cls), "__instancecheck__"):
            if issubclass(tracker.python_type(), cls):
                return True
            continue
        if tracker.python_type() is cls:  # such a class is not asked
            return True
        function = found[1] if found else None
        if type(function) is not FunctionType or not is_traceable(function.__code__):
            return None
        arguments = [VariableTracker.build(tx, cls), tracker]
        call = functools.partial(UserFunctionVariable(function).call_function, tx, arguments, {})
        said = attempt(tx, function.__code__, call)
        if isinstance(said, SymNodeVariable):
            said = ConstantVariable.create(said.evaluate_expr(tx.output))
        if not said.is_python_constant():
            return None
        if said.as_python_constant():
            return True
    return False


#: The class of `torch.nn.Buffer`, which tells its instances by an attribute.
_BUFFERS = type(torch.nn.Buffer)


def _is_one(target: Any, value: Any) -> bool:
    return isinstance(value, target)


def _asks_tensors(target: Any) -> bool:
    """The same of tensors, of which torch asks nothing but the type."""
    return _asks_instances(target) or any(
        type(cls) is _BUFFERS for cls in targets_of(target.as_python_constant())
    )


def _is_asked_by_type(tracker: Any, target: Any) -> bool:
    if isinstance(tracker, UserDefinedObjectVariable):
        return tracker.source is not None and (
            can_pretend(type(tracker.value)) or _asks_instances(target)
        )
    if type(tracker) is ConstantVariable:
        return True
    return tracker.source is not None and _asks_instances(target)


def _asks_instances(target: Any) -> bool:
    """Whether a class that is asked for has an ``__instancecheck__`` in Python."""
    try:
        classes = targets_of(target.as_python_constant())
    except NotImplementedError:
        return False
    return any(has_of_user(type(cls), "__instancecheck__") for cls in classes)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_isinstance", "isinstance", after=_instance),
    Watcher(BuiltinVariable, "call_isinstance", "tracing", instead=_tensor),
    Watcher(BuiltinVariable, "call_getattr", "tracing", _class, needed=False),
    *(
        Watcher(cls, "_call_getattr", "tracing", _class, subclasses=False)
        for cls in builtins_with("_call_getattr")
    ),
)
