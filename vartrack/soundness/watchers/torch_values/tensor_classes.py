"""Subclasses of `torch.Tensor`: special methods of theirs, which torch passes by."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.names import LAZY
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import has_of_user
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


def _operated(
    ledger: Ledger, _: Any, builtin: Any, tx: Any, args: Any, *__: Any, **___: Any
) -> None:
    names = _OPERATORS.get(builtin.fn)
    if names is None:
        return
    for arg in args:
        # what is lazy still was not asked
        tracker = arg.realize() if type(arg) in LAZY and arg.is_realized() else arg
        if issubclass(type(tracker), TensorVariable) and tracker.class_type not in _PLAIN:
            _ask(ledger, tracker.class_type, names)


def _ask(ledger: Ledger, cls: type, names: tuple[str, ...]) -> None:
    ledger.classes.look(cls, *names, guarded=False)
    if ledger.guards and has_of_user(cls, *names):
        unimplemented(
            gb_type="vartrack: a special method of a class of tensors",
            context=f"{' or '.join(names)} of {cls.__qualname__}",
            explanation=f"{cls.__qualname__} says itself what an operator does. torch puts the "
            "operator of tensors into the graph, and does not ask it.",
            hints=[
                "Give the class a `__torch_function__`, or do it outside of the compiled function."
            ],
        )


def _asked(*names: str) -> Any:
    def note(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
        if tracker.class_type not in _PLAIN:
            _ask(ledger, tracker.class_type, names)

    return note


def _named(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """An attribute or a method: if the class has its own, torch traces it, or breaks the graph."""
    if tracker.class_type not in _PLAIN and isinstance(name, str):
        ledger.classes.look(tracker.class_type, name, guarded=False)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable,
        "call_function",
        "classes",
        after=_operated,
        subclasses=False,
        of=_OPERATORS,
    ),
    Watcher(TensorVariable, "unpack_var_sequence", "classes", _asked("__iter__"), needed=False),
    Watcher(TensorVariable, hook_name("nb_bool_impl"), "classes", _asked("__bool__"), needed=False),
    Watcher(TensorVariable, "tp_iter_impl", "classes", _asked("__iter__"), needed=False),
    Watcher(TensorVariable, "mp_subscript_impl", "classes", _asked("__getitem__"), needed=False),
    Watcher(TensorVariable, hook_name("tp_getattro_impl"), "classes", _named),
    Watcher(TensorVariable, "call_method", "classes", _named, needed=False),
)
