"""Subclasses of `torch.Tensor`: methods of their own, which torch passes by, or calls once more."""

from __future__ import annotations

import operator
from types import FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.output_graph import SubgraphTracer
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import SizeVariable
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find, has_of_user
from vartrack.soundness.reading.packages import is_of_user
from vartrack.soundness.watchers.classes.metaclasses import ASKING

__all__ = ["WATCHERS"]

_PLAIN = (torch.Tensor, torch.nn.Parameter)
_IN_PLACE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
#: From functions that torch puts into the graph to what Python looks up on the class.
_OPERATORS: dict[Any, tuple[str, ...]] = {
    **ASKING,
    **{
        getattr(operator, f"i{name}"): (f"__i{name}__", f"__{name}__", f"__r{name}__")
        for name in _IN_PLACE
    },
    operator.setitem: ("__setitem__",),
    operator.contains: ("__contains__",),
    abs: ("__abs__",),
    iter: ("__iter__",),
    reversed: ("__reversed__",),
    **dict.fromkeys((list, tuple), ("__iter__",)),
    **dict.fromkeys((str, repr), ("__str__", "__repr__")),
}

#: From operators to the method of the first operand, and that of the second if there is one.
_TRACED: dict[Any, tuple[str, str]] = {
    **{getattr(operator, f"__{name}__"): (f"__{name}__", f"__r{name}__") for name in _IN_PLACE},
    **{getattr(operator, f"__{name}__"): (f"__{name}__", "") for name in ("neg", "pos", "invert")},
    abs: ("__abs__", ""),
}


#: What is known of a tensor while tracing.
_KNOWN = (ConstantVariable, SizeVariable, SymNodeVariable)
#: What torch answers itself, also of plain tensors: the graph does not call the method.
_ANSWERED = frozenset((len, int, float, complex, bool, iter, list, tuple))


def _operated(
    ledger: Ledger, _: Any, builtin: Any, tx: Any, args: Any, *__: Any, **___: Any
) -> None:
    names = _OPERATORS.get(builtin.fn)
    if names is None:
        return
    traced = ledger.holds("tracing") and _method_of(builtin.fn, args) is not None
    for arg in args:
        # what is lazy still was not asked
        tracker = arg.realize() if type(arg) in LAZY and arg.is_realized() else arg
        if not issubclass(type(tracker), TensorVariable):
            continue
        if tracker.class_type not in _PLAIN or builtin.fn in _ANSWERED:
            _ask(ledger, tracker.class_type, names, traced=traced)


def _ask(ledger: Ledger, cls: type, names: tuple[str, ...], *, traced: bool = False) -> None:
    ledger.classes.look(cls, *names, guarded=False)
    if ledger.guards and not traced and has_of_user(cls, *names):
        _refuse(cls, *names)


def _refuse(cls: type, *names: str) -> None:
    unimplemented(
        gb_type="vartrack: a special method of a class of tensors",
        context=f"{' or '.join(names)} of {cls.__qualname__}",
        explanation=f"{cls.__qualname__} says itself what an operator does. torch puts the "
        "operator of tensors into the graph, and does not ask it.",
        hints=["Give the class a `__torch_function__`, or do it outside of the compiled function."],
    )


def _operate(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any, *rest: Any
) -> Any:
    """The method of the user's is traced, as where the program calls it by its name."""
    found = None if kwargs else _method_of(builtin.fn, args)
    if found is None:
        return own(builtin, tx, args, kwargs, *rest)
    tensor, name, others = found
    ask = VariableTracker.build(tx, getattr)
    method = ask.call_function(tx, [tensor, ConstantVariable.create(name)], {})
    result = method.call_function(tx, others, {})
    if type(result) is ConstantVariable and result.value is NotImplemented:
        _refuse(tensor.class_type, name)  # Python asks the other operand then
    return result


def _method_of(function: Any, args: Any) -> tuple[Any, str, list[Any]] | None:
    """The tensor whose class says what an operator does, its method, and what that is given.

    None if no class does, or if more than one may.
    """
    names = _TRACED.get(function)
    if names is None or len(args) != (2 if names[1] else 1):
        return None
    left, *others = [*map(_tensor_of_own_class, args)]
    name, reflected = names
    if left is not None and has_of_user(left.class_type, name):
        right = others[0] if others else None
        if right is None or right.class_type is left.class_type:
            return left, name, [*args[1:]]
        return None
    right = others[0] if left is None and others else None
    if right is not None and has_of_user(right.class_type, reflected):
        return right, reflected, [args[0]]
    return None


def _tensor_of_own_class(arg: Any) -> Any:
    """The tracker of a tensor of a class of the user's; None if it is anything else."""
    if type(arg) in LAZY and not arg.is_realized():
        value = arg.original_value()
        if not isinstance(value, torch.Tensor) or type(value) in _PLAIN:
            return None
    tracker = arg.realize()
    is_own = isinstance(tracker, TensorVariable) and tracker.class_type not in _PLAIN
    return tracker if is_own else None


def _asked(*names: str) -> Any:
    def note(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
        _ask(ledger, tracker.class_type, names)

    return note


def _named(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """An attribute or a method: if the class has its own, torch traces it, or breaks the graph."""
    if tracker.class_type not in _PLAIN and isinstance(name, str):
        ledger.classes.look(tracker.class_type, name, guarded=False)


def _said(
    ledger: Ledger, result: Any, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any
) -> None:
    """What torch says itself of a plain tensor, as its sizes: the graph does not ask the class."""
    answered = issubclass(type(result), _KNOWN) and name != "item"  # a number that the graph makes
    if answered and tracker.class_type in _PLAIN and isinstance(name, str):
        ledger.classes.look(tracker.class_type, name, guarded=False)
        if ledger.guards and _hides(tracker.class_type, name):
            _refuse(tracker.class_type, name)


def _hides(cls: type, name: str) -> bool:
    """Whether something of the user's stands before what tensors have in C."""
    found, in_c = find(cls, name), find(torch._C.TensorBase, name)
    if found is None or in_c is None or found[0] is in_c[0]:
        return False
    value = found[1].fget if type(found[1]) is property else found[1]
    if type(value) is FunctionType:
        return is_of_user(value)
    return not isinstance(value, (str, type(None), *_METHODS))


def _called(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *rest: Any, **named: Any
) -> Any:
    """``super().add(other)`` in a method of that name, after which the graph calls that method."""
    outer, cls = ledger.passed_by, tracker.class_type
    overrides = cls not in _PLAIN and isinstance(name, str) and has_of_user(cls, name)
    if not overrides and outer is None:
        return own(tracker, tx, name, *rest, **named)
    ledger.passed_by = name if overrides else None
    try:
        return own(tracker, tx, name, *rest, **named)
    finally:
        ledger.passed_by = outer


def _in_graph(
    ledger: Ledger, own: Any, tracer: Any, kind: str, target: Any, *rest: Any, **named: Any
) -> Any:
    """The graph calls what tensors have, and not by the name under which the class has its own."""
    if kind == "call_method" and target == ledger.passed_by:
        _, method = find(torch.Tensor, target) or (None, None)
        if not isinstance(method, _METHODS):
            unimplemented(
                gb_type="vartrack: a method of a class of tensors",
                context=target,
                explanation=f"The class of a tensor has a `{target}` of its own, which calls that "
                "of tensors. In the graph it would be called again.",
                hints=["Give the method another name, or do it outside of the compiled function."],
            )
        return own(tracer, "call_function", method, *rest, **named)
    return own(tracer, kind, target, *rest, **named)


#: Methods in C, which the graph can call as functions.
_METHODS = (MethodDescriptorType, WrapperDescriptorType)

WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable,
        "call_function",
        "classes",
        after=_operated,
        subclasses=False,
        of=_OPERATORS,
    ),
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        instead=_operate,
        subclasses=False,
        of=_TRACED,
    ),
    Watcher(TensorVariable, "call_method", "tracing", instead=_called),
    Watcher(SubgraphTracer, "create_proxy", "tracing", instead=_in_graph, subclasses=False),
    Watcher(TensorVariable, "unpack_var_sequence", "classes", _asked("__iter__"), needed=False),
    Watcher(TensorVariable, hook_name("nb_bool_impl"), "classes", _asked("__bool__"), needed=False),
    Watcher(TensorVariable, "tp_iter_impl", "classes", _asked("__iter__"), needed=False),
    Watcher(TensorVariable, "mp_subscript_impl", "classes", _asked("__getitem__"), needed=False),
    Watcher(TensorVariable, hook_name("tp_getattro_impl"), "classes", _named),
    Watcher(TensorVariable, "call_method", "classes", _named, needed=False),
    *(
        Watcher(TensorVariable, name, "classes", after=_said, needed=False)
        for name in (hook_name("tp_getattro_impl"), "call_method")
    ),
)
