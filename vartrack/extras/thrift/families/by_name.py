"""Arguments that are given by name from a dict, `f(x, **settings)`: in whatever order.

Which names there are is guarded, as by torch. Their order makes a difference only to what collects
them, `def f(x, **more)`, and goes through that. Then it is guarded as well.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables import functions as torch_functions
from torch._dynamo.variables.base import ValueMutationNew
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import (
    NestedUserFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
)
from torch._dynamo.variables.misc import GetAttrVariable, NullVariable, SuperVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable
from torch._guards import Source

from vartrack import session
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.instructions import Instructions, WrappedInstructions
from vartrack.core import methods
from vartrack.core.wrappers import Wrappers
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.keys import KEYS, order_of, rely_on, with_order_of

__all__ = ["HOOKS"]

_GIVEN = "thrift.given by name"
#: What takes its arguments by the function that is traced, and does nothing else with them.
_FUNCTIONS = frozenset(
    {UserFunctionVariable, UserMethodVariable, NestedUserFunctionVariable}
    | {UnspecializedNNModuleVariable}
)


class _Given:
    """Arguments by name that are passed on now, and the dicts that have their order."""

    def __init__(self) -> None:
        self.arguments: Any = None
        self.order: tuple[Source, ...] = ()


def _dict_merge(tx: Any, inst: Any) -> bool:
    """``f(**settings)``: puts what is in a dict to the arguments that are given by name."""
    at = -inst.arg - 1
    made, more = tx.stack[at].unwrap(), tx.stack[-1]
    if not KEYS.works or session.compile_of(tx) is None:
        return False
    if waits(more):
        if not is_late(more) or type(more.example) is not dict:
            return False
        more = more.realize()
    more = more.unwrap()
    if type(made) is not ConstDictVariable or type(more) is not ConstDictVariable:
        return False
    order = [*order_of(made), *order_of(more)]
    if more.source is not None:
        order.append(more.source)
    if not order:
        return False
    with asking(Intent.ONE_KEY):
        items, others = made.items, more.items
        if not all(map(_is_name, others)) or not items.keys().isdisjoint(others):
            return False  # which torch refuses
        more.install_dict_keys_match_guard()
        together = ConstDictVariable({**items, **others}, mutation_type=ValueMutationNew())
    tx.pop()
    tx.stack[at + 1] = with_order_of(together, order)
    return True


def _is_name(key: Any) -> bool:
    name = key.vt.unwrap()
    return type(name) is ConstantVariable and type(name.value) is str


def _calling(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Calls something with arguments that are in a dict."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        named = tx.stack[-1].unwrap()
        order = order_of(named) if type(named) is ConstDictVariable else ()
        if not order:
            return own(tx, inst)
        before = 3 if not isinstance(tx.stack[-3], NullVariable) else 4
        called = tx.stack[-before].realize().unwrap()
        if _is_all_one_to(called):
            with_order_of(named, ())
            return own(tx, inst)
        if not _takes_by_function(called):
            rely_on(tx, order)
            return own(tx, inst)
        given = _given_in(tx)
        outer = vars(given).copy()
        given.arguments, given.order = None, tuple(order)
        try:
            return own(tx, inst)
        finally:
            rely_on(tx, given.order)  # what was called has not taken them
            vars(given).update(outer)

    return call


def _is_all_one_to(called: Any) -> bool:
    """Whether it takes each argument by its name, or none at all."""
    if type(called) is GetAttrVariable and called.name == "__new__":  # before `__init__`
        return type(called.obj) is UserDefinedClassVariable and _is_plain(called.obj.value)
    return type(called) is TorchInGraphFunctionVariable


def _takes_by_function(called: Any) -> bool:
    """Whether its arguments go to a function that is traced, and nowhere else."""
    if type(called) is GetAttrVariable:
        return type(called.obj) is SuperVariable
    if type(called) is UserDefinedClassVariable:
        return _is_plain(called.value)
    return type(called) in _FUNCTIONS


def _is_plain(cls: type) -> bool:
    """Whether instances are made by ``__init__`` alone."""
    makes = methods.held_by(cls, "__new__")
    by_function = type(methods.held_by(cls, "__init__")) is FunctionType
    return by_function and type(cls) is type and makes is vars(object)["__new__"]


def _given_in(tx: Any) -> _Given:
    given: _Given = session.compile_of(tx).notes.setdefault(_GIVEN, _Given())  # type: ignore[union-attr]
    return given


def _read(own: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Reads the arguments that are in a dict."""

    @functools.wraps(own)
    def read(self: Any) -> Any:
        if not order_of(self):
            return own(self)
        given = _given_in(InstructionTranslator.current_tx())
        if not given.order or given.arguments is not None:
            return own(self)
        with asking(Intent.ONE_KEY):
            given.arguments = own(self)
        return given.arguments

    return read


def _bound(own: Callable[..., Any]) -> Callable[..., Any]:
    """Gives each parameter of a function its argument."""

    @functools.wraps(own)
    def bind(function: Any, tx: Any, source: Any, args: Any, kwargs: Any, *more: Any) -> Any:
        result = own(function, tx, source, args, kwargs, *more)
        compile = session.compile_of(tx)
        given = None if compile is None else compile.notes.get(_GIVEN)
        if given is None or given.arguments is None or given.arguments is not kwargs:
            return result
        order, given.order, given.arguments = given.order, (), None
        code = function.__code__
        if code.co_flags & inspect.CO_VARKEYWORDS:
            by_place = code.co_argcount + bool(code.co_flags & inspect.CO_VARARGS)
            collected = result[code.co_varnames[by_place + code.co_kwonlyargcount]].unwrap()
            if type(collected) is not ConstDictVariable:
                rely_on(tx, order)
            elif len(collected.items) > 1:
                with_order_of(collected, order)
        return result

    return bind


#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Instructions(DICT_MERGE=_dict_merge),
    WrappedInstructions(CALL_FUNCTION_EX=_calling),
    Wrappers(
        (ConstDictVariable, "keys_as_python_constant", _read),
        (torch_functions, "bind_args_cached", _bound),
    ),
)
