"""Arguments that are given by name from a dict, `f(x, **settings)`: in whatever order.

Of a dict from outside a function takes what it has parameters for, and the others are passed on
unread to what collects them, `def f(x, **more)`. Of a dict that was read all names are guarded, as
by torch. Their order makes a difference only where such a collection is gone through, and is
guarded there.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any

from torch._dynamo import exc
from torch._dynamo.source import LocalSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables import functions as torch_functions
from torch._dynamo.variables.base import ValueMutationNew
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import (
    FunctoolsPartialVariable,
    NestedUserFunctionVariable,
    UserFunctionVariable,
    UserMethodVariable,
)
from torch._dynamo.variables.misc import GetAttrVariable, NullVariable, SuperVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable
from torch._guards import CompileContext, Source

from vartrack import session
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.instructions import Instructions, WrappedInstructions
from vartrack.core import methods
from vartrack.core.exporting import is_stored
from vartrack.core.wrappers import Table, Wrappers
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.of_all.dicts import CopiedDict, joined, whole
from vartrack.extras.thrift.unread.by_key import MISSING, find
from vartrack.extras.thrift.unread.filled import FilledDict, take_again
from vartrack.extras.thrift.unread.keys import KEYS, order_of, rely_on, with_order_of

__all__ = ["HOOKS"]

_GIVEN = "thrift.given by name"
#: What takes its arguments by the function that is traced, and does nothing else with them.
_FUNCTIONS = frozenset(
    {UserFunctionVariable, UserMethodVariable, NestedUserFunctionVariable}
    | {UnspecializedNNModuleVariable}
)
#: The compiles that begin anew, as something looked at arguments that were not read.
_reading_all: weakref.WeakSet[CompileContext] = weakref.WeakSet()


class _Given:
    """Arguments by name that are passed on now.

    Attributes:
        arguments: what is passed on, once it was asked for.
        order: the dicts that have their order.
        unread: the dict that has them, if that was not read.
    """

    def __init__(self) -> None:
        self.arguments: Any = None
        self.order: tuple[Source, ...] = ()
        self.unread: CopiedDict | None = None


def _dict_merge(tx: Any, inst: Any) -> bool:
    """``f(**settings)``: puts what is in a dict to the arguments that are given by name."""
    at = -inst.arg - 1
    made, more = tx.stack[at].unwrap(), tx.stack[-1]
    if not KEYS.works or session.compile_of(tx) is None or is_stored(tx):
        return False
    if type(made) is CopiedDict:
        made = tx.stack[at] = whole(tx, made)
    unread = _unread(tx, made, more)
    if unread is not None:
        tx.pop()
        tx.stack[at + 1] = unread
        return True
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


def _unread(tx: Any, made: Any, more: Any) -> CopiedDict | None:
    """All of ``made`` and of a dict from outside that is not read; None if it is to be read."""
    if type(made) is not ConstDictVariable or order_of(made) or made.source is not None:
        return None
    if CompileContext.try_get() in _reading_all:
        return None
    if is_late(more):
        before = more.example if type(more.example) is dict and not is_built(more) else None
    else:
        known = None if waits(more) else more.unwrap()
        is_one = type(known) in (FilledDict, CopiedDict) or take_again(tx, more)
        before = more.unwrap().before if is_one else None
    if before is None or not _are_names(before) or not all(map(_is_name, made.items)):
        return None
    if any(find(tx, more, key.vt, is_read=False) is not MISSING for key in made.items):
        return None  # given twice
    is_asked = is_late(more) and not _is_collected(tx, more.original_source())
    if is_asked and more.asked.put(_NAMES) is not True:
        return None
    return joined(tx, made, more)


def _are_names(table: Any) -> bool:
    return all(type(key) is str for key in table)


_NAMES = Question("all keys of _ are str", _are_names)


def _is_collected(tx: Any, source: Any) -> bool:
    """Whether it is what the compiled function itself collects, whose keys are names."""
    code = tx.output.root_tx.f_code
    if not code.co_flags & inspect.CO_VARKEYWORDS or not isinstance(source, LocalSource):
        return False
    return source.is_input and source.local_name == _collecting(code)


def _collecting(code: Any) -> str:
    """The name of the parameter that collects the other arguments by name."""
    by_place = code.co_argcount + bool(code.co_flags & inspect.CO_VARARGS)
    return code.co_varnames[by_place + code.co_kwonlyargcount]  # type: ignore[no-any-return]


def _is_name(key: Any) -> bool:
    name = key.vt.unwrap()
    return type(name) is ConstantVariable and type(name.value) is str


def _calling(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Calls something with arguments that are in a dict."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        named = tx.stack[-1].unwrap()
        if type(named) is CopiedDict:
            if _is_function(tx.stack):
                return _call_with(tx, named, lambda: own(tx, inst))
            named = tx.stack[-1] = whole(tx, named)
        order = order_of(named) if type(named) is ConstDictVariable else ()
        if not order:
            return own(tx, inst)
        called = _called(tx.stack)
        if _is_all_one_to(called):
            with_order_of(named, ())
            return own(tx, inst)
        if type(called) is UserDefinedClassVariable and called.value is functools.partial:
            with_order_of(named, ())
            own(tx, inst)
            PartialInOrder.take(tx, tx.stack[-1], tuple(order))
            return None
        if not _takes_by_function(called):
            rely_on(tx, order)
            return own(tx, inst)
        with _giving(tx, tuple(order)):
            return own(tx, inst)

    return call


@contextlib.contextmanager
def _giving(tx: Any, order: tuple[Source, ...], arguments: Any = None) -> Iterator[None]:
    """Pass on arguments by name in the block: in that order if they are not taken.

    Args:
        tx: the tracer.
        order: the dicts that have it.
        arguments: what is passed on; None if it is still to be asked for.
    """
    given = _given_in(tx)
    outer = vars(given).copy()
    given.arguments, given.order, given.unread = arguments, order, None
    try:
        yield
    finally:
        rely_on(tx, given.order)  # what was called has not taken them
        vars(given).update(outer)


class PartialInOrder(FunctoolsPartialVariable):
    """A partial with arguments by name in the order of dicts, on which nothing relies yet.

    As soon as these are read it is an ordinary one. A function that they are passed on to takes
    each by its name.

    Args:
        given: what torch's own takes.
        order: the dicts.
        options: the rest of what torch's own takes.
    """

    _nonvar_fields = {"order", *FunctoolsPartialVariable._nonvar_fields}

    def __init__(self, *given: Any, order: tuple[Source, ...] = (), **options: Any) -> None:
        self.order = order
        super().__init__(*given, **options)

    @classmethod
    def take(cls, tx: Any, made: Any, places: tuple[Source, ...]) -> None:
        """Have a partial tracked so that was made with what is in dicts at ``places``."""
        if type(made) is not FunctoolsPartialVariable:
            rely_on(tx, places)
            return
        made.__class__ = cls  # type: ignore[assignment]
        vars(made)["order"] = places

    @property
    def keywords(self) -> Any:  # type: ignore[override]
        """The arguments by name; who reads them relies on their order."""
        rely_on(InstructionTranslator.current_tx(), self.order)
        self.order = ()
        return vars(self)["keywords"]

    @keywords.setter
    def keywords(self, keywords: Any) -> None:
        self.__dict__["keywords"] = keywords

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> Any:
        called = self.func.realize()
        if not self.order or not _takes_by_function(called):
            return super().call_function(tx, args, kwargs)
        named = {**vars(self)["keywords"], **kwargs}
        with _giving(tx, self.order, named):
            return called.call_function(tx, [*self.args, *args], named)


def _called(stack: list[Any]) -> Any:
    """What is called, below its arguments."""
    before = 3 if not isinstance(stack[-3], NullVariable) else 4
    return stack[-before].realize().unwrap()


def _is_function(stack: list[Any]) -> bool:
    """Whether a function of the program's is called, or a module, with what is on the stack."""
    called = _called(stack)
    if type(called) is UnspecializedNNModuleVariable or _is_of_base(called):
        return True
    function = getattr(called, "fn", None)
    is_of_torch = (getattr(function, "__module__", None) or "").partition(".")[0] == "torch"
    return type(called) in _FUNCTIONS and not is_of_torch


def _call_with(tx: Any, unread: CopiedDict, call: Callable[[], None]) -> None:
    """Make a call, whose arguments by name are looked for as far as it has parameters for them.

    Raises:
        RestartAnalysis: they were looked at before.
    """
    given = _given_in(tx)
    outer = vars(given).copy()
    given.arguments, given.order, given.unread = None, (), unread
    try:
        call()
        is_looked_at = given.arguments is not None
    finally:
        vars(given).update(outer)
    if is_looked_at:
        context = CompileContext.try_get()
        if context is not None:
            _reading_all.add(context)
        tx.speculation_log.clear()
        raise exc.RestartAnalysis(restart_reason="all arguments by name are looked at")


def _is_all_one_to(called: Any) -> bool:
    """Whether it takes each argument by its name, or none at all."""
    if type(called) is GetAttrVariable and called.name == "__new__":  # before `__init__`
        return type(called.obj) is UserDefinedClassVariable and _is_plain(called.obj.value)
    return type(called) is TorchInGraphFunctionVariable


def _takes_by_function(called: Any) -> bool:
    """Whether its arguments go to a function that is traced, and nowhere else."""
    if type(called) is UserDefinedClassVariable:
        return _is_plain(called.value)
    return type(called) in _FUNCTIONS or _is_of_base(called)


def _is_of_base(called: Any) -> bool:
    """Whether it is a method of ``super()``."""
    return type(called) is GetAttrVariable and type(called.obj) is SuperVariable


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


def _not_read(own: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Reads the arguments in a dict of which nothing was read: not before they are bound."""

    @functools.wraps(own)
    def read(self: Any) -> Any:
        given = _given_in(InstructionTranslator.current_tx())
        if given.unread is not self or given.arguments is not None:
            return own(self)
        given.arguments = {}
        return given.arguments

    return read


def _bind_unread(
    own: Callable[..., Any],
    unread: CopiedDict,
    function: Any,
    tx: Any,
    source: Any,
    args: Any,
    *more: Any,
) -> Any:
    """Give each parameter its argument, and the dict with the others to what collects them."""
    code = function.__code__
    by_place = code.co_varnames[code.co_posonlyargcount : code.co_argcount]
    names = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    keys = [ConstantVariable.create(name) for name in names]
    collects = code.co_flags & inspect.CO_VARKEYWORDS
    found = [_argument(tx, unread, key) for key in keys if collects]
    if not collects or None in found:
        table: Any = whole(tx, unread)
        order = order_of(table)
        with asking(Intent.ONE_KEY):
            named = {key.vt.as_python_constant(): value for key, value in table.items.items()}
        result = own(function, tx, source, args, named, *more)
        return _collected(tx, code, result, order)
    given = dict(zip(names, found, strict=True))
    there = {name: value for name, value in given.items() if value is not MISSING}
    twice = there.keys() & by_place[: max(0, len(args) - code.co_posonlyargcount)]
    for name in twice:
        text = f"{function.__qualname__}() got multiple values for argument '{name}'"
        raise_in_program(tx, TypeError(text))
    result = own(function, tx, source, args, there, *more)
    _take_away(tx, unread, [key for key in keys if key.value in there])
    result[_collecting(code)] = unread
    return result


def _take_away(tx: Any, unread: CopiedDict, keys: list[ConstantVariable]) -> None:
    """Take what parameters have got out of the dict with the others."""
    names = {key.value for key in keys}
    left = [each for each in unread.made_of if _name_of(each) not in names]
    gone = {_name_of(each) for each in unread.made_of} - {_name_of(each) for each in left}
    unread.made_of = left
    again = {_name_of(each) for each in unread.written}
    unread.note(tx, [(key, None) for key in keys if key.value in again or key.value not in gone])


def _name_of(part: Any) -> Any:
    """The name that something is given under by itself; None for a dict with others."""
    return part[0].unwrap().value if isinstance(part, tuple) and _is_constant(part[0]) else None


def _is_constant(key: Any) -> bool:
    return type(key.unwrap()) is ConstantVariable


def _argument(tx: Any, unread: CopiedDict, key: ConstantVariable) -> Any:
    """What is given under a name; `MISSING` if nothing is, None if the dict is to be read."""
    beside = [each for each in unread.made_of if isinstance(each, tuple)]
    if beside:  # it was given by name itself, before those in the dict
        done = [*beside, *unread.written]
        if not all(_is_constant(one) for one, _ in done):
            return None
        last = {one.as_python_constant(): value for one, value in done}
        if key.value in last:
            return MISSING if last[key.value] is None else last[key.value]
    return find(tx, unread, key)


def _collected(tx: Any, code: Any, result: Any, order: Iterable[Source]) -> Any:
    """Arguments that were bound: what was collected is in that order."""
    if code.co_flags & inspect.CO_VARKEYWORDS:
        collected = result[_collecting(code)].unwrap()
        if type(collected) is not ConstDictVariable:
            rely_on(tx, order)
        elif len(collected.items) > 1:
            with_order_of(collected, order)
    return result


def _bound(own: Callable[..., Any]) -> Callable[..., Any]:
    """Gives each parameter of a function its argument."""

    @functools.wraps(own)
    def bind(function: Any, tx: Any, source: Any, args: Any, kwargs: Any, *more: Any) -> Any:
        compile = session.compile_of(tx)
        given = None if compile is None else compile.notes.get(_GIVEN)
        if given is None or given.arguments is None or given.arguments is not kwargs:
            return own(function, tx, source, args, kwargs, *more)
        order, unread = given.order, given.unread
        given.order, given.arguments, given.unread = (), None, None  # they are taken
        if unread is not None:
            return _bind_unread(own, unread, function, tx, source, args, *more)
        result = own(function, tx, source, args, kwargs, *more)
        return _collected(tx, function.__code__, result, order)

    return bind


#: What is put into torch while a registry with this set is in force.
HOOKS: tuple[Table, ...] = (
    Instructions(DICT_MERGE=_dict_merge),
    WrappedInstructions(CALL_FUNCTION_EX=_calling),
    Wrappers(
        (ConstDictVariable, "keys_as_python_constant", _read),
        (CopiedDict, "keys_as_python_constant", _not_read),
        (torch_functions, "bind_args_cached", _bound),
    ),
)
