"""Each parameter of a function gets its argument out of the dict that they are given from.

The others are passed on unread to what collects them, `def f(x, **more)`, in the order of the dict.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables import functions as torch_functions
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack import session
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.core.sources.collected import collecting
from vartrack.core.wrapping.wrappers import Table, Wrappers
from vartrack.extras.thrift.families.given import passed_on
from vartrack.extras.thrift.of_all.dicts import CopiedDict, whole
from vartrack.extras.thrift.unread.by_key import MISSING, find
from vartrack.extras.thrift.unread.keys import order_of, rely_on, with_order_of

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["HOOKS"]


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
    result[collecting(code)] = unread
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
        collected = result[collecting(code)].unwrap()
        if type(collected) is not ConstDictVariable:
            rely_on(tx, order)
        elif len(collected.items) > 1:
            with_order_of(collected, order)
    return result


def _bound(own: Callable[..., Any]) -> Callable[..., Any]:
    """Gives each parameter of a function its argument."""

    @functools.wraps(own)
    def bind(function: Any, tx: Any, source: Any, args: Any, kwargs: Any, *more: Any) -> Any:
        given = passed_on(session.compile_of(tx), kwargs)
        if given is None:
            return own(function, tx, source, args, kwargs, *more)
        if given.unread is not None:
            return _bind_unread(own, given.unread, function, tx, source, args, *more)
        result = own(function, tx, source, args, kwargs, *more)
        return _collected(tx, function.__code__, result, given.order)

    return bind


#: What is put into torch while a registry with this set is in force.
HOOKS: tuple[Table, ...] = (Wrappers((torch_functions, "bind_args_cached", _bound)),)
