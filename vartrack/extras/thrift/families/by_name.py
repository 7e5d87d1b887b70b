"""Arguments that are given by name from a dict, `f(x, **settings)`: in whatever order.

Of a dict from outside a function takes what it has parameters for, and the others are passed on
unread to what collects them, `def f(x, **more)`. Of a dict that was read all names are guarded, as
by torch. Their order makes a difference only where such a collection is gone through, and is
guarded there.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from torch._dynamo import exc
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import ValueMutationNew
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable
from torch._guards import CompileContext

from vartrack import session
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.instructions import Instructions, WrappedInstructions
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.collected import is_collected
from vartrack.core.wrapping.wrappers import Table, Wrappers
from vartrack.extras.thrift.families.called import (
    called_by,
    is_all_one_to,
    is_function,
    takes_by_function,
)
from vartrack.extras.thrift.families.given import given_in, giving
from vartrack.extras.thrift.families.partials import PartialInOrder
from vartrack.extras.thrift.late.asked import Question
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.of_all.dicts import CopiedDict, joined, whole
from vartrack.extras.thrift.unread.by_key import MISSING, find
from vartrack.extras.thrift.unread.filled import FilledDict, take_again
from vartrack.extras.thrift.unread.keys import KEYS, order_of, rely_on, with_order_of

__all__ = ["HOOKS"]

#: The compiles that begin anew, as something looked at arguments that were not read.
_reading_all: weakref.WeakSet[CompileContext] = weakref.WeakSet()


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
    is_asked = is_late(more) and not is_collected(tx.output, more.original_source())
    if is_asked and more.asked.put(_NAMES) is not True:
        return None
    return joined(tx, made, more)


def _are_names(table: Any) -> bool:
    return all(type(key) is str for key in table)


_NAMES = Question("all keys of _ are str", _are_names)


def _is_name(key: Any) -> bool:
    name = key.vt.unwrap()
    return type(name) is ConstantVariable and type(name.value) is str


def _calling(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Calls something with arguments that are in a dict."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        named = tx.stack[-1].unwrap()
        if type(named) is CopiedDict:
            if is_function(tx.stack):
                return _call_with(tx, named, lambda: own(tx, inst))
            named = tx.stack[-1] = whole(tx, named)
        order = order_of(named) if type(named) is ConstDictVariable else ()
        if not order:
            return own(tx, inst)
        called = called_by(tx.stack)
        if is_all_one_to(called):
            with_order_of(named, ())
            return own(tx, inst)
        if type(called) is UserDefinedClassVariable and called.value is functools.partial:
            with_order_of(named, ())
            own(tx, inst)
            PartialInOrder.take(tx, tx.stack[-1], tuple(order))
            return None
        if not takes_by_function(called):
            rely_on(tx, order)
            return own(tx, inst)
        with giving(tx, tuple(order)):
            return own(tx, inst)

    return call


def _call_with(tx: Any, unread: CopiedDict, call: Callable[[], None]) -> None:
    """Make a call, whose arguments by name are looked for as far as it has parameters for them.

    Raises:
        RestartAnalysis: they were looked at before.
    """
    given = given_in(tx)
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


def _read(own: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Reads the arguments that are in a dict."""

    @functools.wraps(own)
    def read(self: Any) -> Any:
        if not order_of(self):
            return own(self)
        given = given_in(InstructionTranslator.current_tx())
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
        given = given_in(InstructionTranslator.current_tx())
        if given.unread is not self or given.arguments is not None:
            return own(self)
        given.arguments = {}
        return given.arguments

    return read


#: What is put into torch while a registry with this set is in force.
HOOKS: tuple[Table, ...] = (
    Instructions(DICT_MERGE=_dict_merge),
    WrappedInstructions(CALL_FUNCTION_EX=_calling),
    Wrappers(
        (ConstDictVariable, "keys_as_python_constant", _read),
        (CopiedDict, "keys_as_python_constant", _not_read),
    ),
)
