"""``number + 1`` of a class that extends a number or text: torch gives both operands to Python.

Which methods the class has for it is noted here. Where torch asks the class itself, that is noted
there as well.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.tensor import TensorVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedTupleVariable

from vartrack.compat.making import bound_method
from vartrack.compat.names import OBJECTS, UserDefinedConstantVariable
from vartrack.compat.operators import SWAPPED
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, current, puts_right
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.packages import is_of_user
from vartrack.soundness.reading.themselves import is_of_constants

__all__ = ["WATCHERS", "WRAPPERS", "note_operands"]

_OF_TWO = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("lshift", "rshift", "xor"),
)
#: Trackers of objects that torch gives to Python.
_GIVEN = (UserDefinedConstantVariable, UserDefinedTupleVariable)
#: What may be one, or hold one.
_MET = (*_GIVEN, *OBJECTS, BaseListVariable)
#: By the function, what Python looks up on the classes of what it is given.
_LOOKED_UP: dict[Any, tuple[str, ...]] = {
    **{getattr(operator, name): (f"__{name}__", f"__r{name}__") for name in _OF_TWO},
    **{getattr(operator, f"{name}_"): (f"__{name}__", f"__r{name}__") for name in ("and", "or")},
    **{
        getattr(operator, name): (f"__{name}__", f"__{swapped}__")
        for name, swapped in SWAPPED.items()
    },
    operator.ne: ("__ne__", "__eq__"),
    **{getattr(operator, name): (f"__{name}__",) for name in ("neg", "pos", "invert", "index")},
    **{getattr(math, name): (f"__{name}__",) for name in ("trunc", "floor", "ceil")},
    divmod: ("__divmod__", "__rdivmod__"),
    pow: ("__pow__", "__rpow__"),
    sum: ("__add__", "__radd__"),
    abs: ("__abs__",),
    round: ("__round__",),
    int: ("__int__", "__index__", "__trunc__"),
    float: ("__float__", "__index__"),
    complex: ("__complex__", "__float__", "__index__"),
}
#: What the other functions of `math` do.
_AS_NUMBERS = ("__float__", "__index__")


def note_operands(ledger: Ledger, function: Any, args: Any) -> None:
    """Note what ``function`` looks up on the classes of ``args`` that are such objects.

    Of a list or tuple of them it goes through the items.
    """
    if not ledger.holds("classes"):
        return
    of_math = getattr(math, getattr(function, "__name__", ""), None) is function
    names = _LOOKED_UP.get(function, _AS_NUMBERS if of_math else ())
    for arg in args:
        note = functools.partial(_note_operand, ledger, names)
        ledger.when_read(arg, note)


def _note_operand(ledger: Ledger, names: tuple[str, ...], tracker: Any) -> None:
    if issubclass(type(tracker), _GIVEN) or _is_member(tracker):
        ledger.classes.look(tracker.python_type(), *names)
    elif issubclass(type(tracker), BaseListVariable):
        for item in tracker.items:
            if not issubclass(type(item.unwrap()), BaseListVariable):
                ledger.when_read(item, functools.partial(_note_operand, ledger, names))


def _is_member(tracker: Any) -> bool:
    """Whether it is a member of an enum or the like, which torch gives to Python as well."""
    return type(tracker) in OBJECTS and is_of_constants(tracker.python_type())


def _called(ledger: Ledger, function: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``math.sqrt(number)``, which torch evaluates."""
    if getattr(function.value, "__module__", None) == "math":
        note_operands(ledger, function.value, args)


def _noting(own: Callable[..., Any]) -> Any:
    """What torch answers a function with, by the classes of the trackers that it is given."""

    @functools.wraps(own)
    def _make_handler(function: Any, types: Any, has_kwargs: bool) -> Any:
        handler = own(function, types, has_kwargs)
        is_met = any(issubclass(each, _MET) for each in types)
        if not is_met or function not in _LOOKED_UP:
            return handler

        with_tensor = len(types) == 2 and issubclass(types[1], TensorVariable)

        def answer(tx: Any, args: Any, kwargs: Any) -> Any:
            ledger = current()
            if ledger is not None:
                note_operands(ledger, function, args)
            said = _by_its_own(tx, function, *args) if with_tensor and puts_right() else None
            return handler(tx, args, kwargs) if said is None else said

        return answer

    return staticmethod(_make_handler)


def _by_its_own(tx: Any, function: Any, number: Any, tensor: Any) -> Any:
    """``number + tensor`` by a method of the number's class: torch takes the number as it is."""
    number = number.realize()
    if not issubclass(type(number), _GIVEN) and not _is_member(number):
        return None
    found = find(number.python_type(), _LOOKED_UP[function][0])
    if found is None or not is_of_user(found[1]):
        return None
    said = bound_method(found[1], number, None).call_function(tx, [tensor], {})
    left = said.is_python_constant() and said.as_python_constant() is NotImplemented
    return None if left else said


def _polyfilled(ledger: Ledger, function: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``sum(numbers)``, which torch evaluates if it can, since 2.13."""
    note_operands(ledger, function.fn, args)
    for cls in set(map(type_at_hand, args)):
        ledger.classes.look(cls, "__iter__", "__getitem__", "__len__", "__length_hint__")


WATCHERS: tuple[Watcher, ...] = (
    Watcher(PolyfilledFunctionVariable, "call_function", "classes", _polyfilled, subclasses=False),
    Watcher(TorchInGraphFunctionVariable, "call_function", "classes", _called, subclasses=False),
)
WRAPPERS = Wrappers((BuiltinVariable, "_make_handler", _noting))
