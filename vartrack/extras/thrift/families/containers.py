"""Containers by what is read of them."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables.base import ValueMutationExisting
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack import session
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.instructions import Instructions, binary_operator
from vartrack.core.guarding.no_alias import guard_apart
from vartrack.core.guarding.stored_sizes import STORED_SIZES
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.asking import by_objects, members
from vartrack.extras.thrift.asking.membership import text_at_its_place
from vartrack.extras.thrift.families import bound, by_name, unpacked
from vartrack.extras.thrift.late import found, held
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.pieces import are_pieces
from vartrack.extras.thrift.numbers.selected import put_in_rows, rows_of
from vartrack.extras.thrift.numbers.written import note_item
from vartrack.extras.thrift.of_all import dicts
from vartrack.extras.thrift.of_all.repeated import repeated
from vartrack.extras.thrift.of_all.whole import displayed
from vartrack.extras.thrift.unread import (
    by_key,
    copied,
    filled,
    late_keys,
    only_written,
    replaced,
    shown,
    tables,
    taken_away,
)
from vartrack.extras.thrift.unread.keys import KEYS
from vartrack.extras.thrift.worked_out import after_adding, attributes, children, texts
from vartrack.extras.thrift.worked_out.lookups import is_table, item_at, looked_up
from vartrack.extras.thrift.worked_out.methods import part_of_text

if TYPE_CHECKING:
    from vartrack.core.compile import Compile
    from vartrack.core.visitor import Visitor
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["HOOKS", "VISITORS"]


def binary_subscr(tx: Any, inst: Any) -> bool:
    """``a[i]``."""
    index = tx.stack[-1]
    is_known = type(index) is ConstantVariable  # as most are
    if not is_known and members.may_be_number(index) and _is_indexed(tx.stack[-2]):
        members.numbers_on_stack(tx, 1, at_once=True)
    container, index = text_at_its_place(tx.stack[-2]), tx.stack[-1]
    if are_pieces(container):
        item = container.item(tx, index)
    elif by_key.is_by_key(container, index):
        item = by_key.item_of(tx, container, index) or looked_up(tx, container, index)
    elif waits(index) and is_table(container):
        item = looked_up(tx, container, index)
    elif after_adding.is_added_to(container):
        item = after_adding.item_of(tx, container, index)
    elif not is_late(container):
        item = children.item_of(tx, container, index)
        item = item or members.member(tx, container, index, members.by_name)
        item = item or by_objects.item_of(tx, container, index) or rows_of(tx, container, index)
    elif container.kind.holds:
        item = item_at(tx, container, index) or copied.part_at(tx, container, index)
        item = item or held.item_of(tx, container, index)
    else:
        item = part_of_text(tx, container, index)
    if item is None:
        return False
    tx.popn(2)
    tx.push(item)
    return True


def _is_indexed(container: Any) -> bool:
    """Whether a number is an index of it, and no key: a member of an enum has a hash of its own."""
    if is_late(container):
        return type(container.example) in (list, tuple, collections.deque)
    return issubclass(type(container.unwrap()), (BaseListVariable, TensorVariable))


def _apart_if_changed(own: Callable[..., Any]) -> Callable[..., Any]:
    """Guards that what was read of and what was changed, of one type, stay two objects.

    torch alone would see most of that by their items, which are not guarded here.
    """

    @functools.wraps(own)
    def compile_subgraph(self: Any, tx: Any, *args: Any, **options: Any) -> Any:
        compile = session.compile_of(tx)
        read = held.read_of(tx) if compile is not None else {}
        if compile is not None and read:
            effects = self.side_effects
            values = {id(value): value for value in effects.keepalive}
            changed: dict[type, list[Any]] = {}
            for key, tracker in list(effects.id_to_variable.items()):
                if isinstance(tracker.mutation_type, ValueMutationExisting) and effects.is_modified(
                    tracker
                ):
                    one = (values.get(key, tracker), tracker)
                    changed.setdefault(tracker.python_type(), []).append(one)
            for late in list(read.values()):
                of_its_type = changed.get(type(late.example))
                if of_its_type and is_late(late):
                    _keep_apart(compile, late, of_its_type)
        if compile is not None:
            only_written.keep_apart(tx, compile, self.side_effects)
            found.keep_apart(compile, self.side_effects)
        return own(self, tx, *args, **options)

    return compile_subgraph


def _keep_apart(compile: Compile, late: Any, changed: list[tuple[Any, Any]]) -> None:
    """Guard that ``late`` stays another object than those that are changed, if it is one."""
    if any(late.example is value for value, _ in changed):
        late.realize()  # which guards that they stay one
        return
    objects = [(late.example, late.original_source())]
    objects += [(value, one.source) for value, one in changed if one.source is not None]
    guard_apart(compile, objects)


def store_subscr(tx: Any, inst: Any) -> bool:
    """``a[i] = value``."""
    value, container, key = tx.stack[-3:]
    note_item(container, key, value)
    if not (
        filled.put(tx, container, key, value)
        or replaced.put_at(tx, container, key, value)
        or put_in_rows(tx, container, key, value)
    ):
        return False
    tx.popn(3)
    return True


def delete_subscr(tx: Any, inst: Any) -> bool:
    """``del a[i]``."""
    container, index = tx.stack[-2:]
    if by_key.delete(tx, container, index):
        tx.popn(2)
        return True
    if is_late(container) and not attributes.take_if_added_to(tx, container, "__delitem__"):
        return False
    known: Any = container.unwrap()
    if not issubclass(type(known), only_written.Unread) or "__delitem__" not in known.adding:
        return False
    known.call_method(tx, "__delitem__", [index], {})
    tx.popn(2)
    return True


#: By the sign of an operator that changes its left operand the method that does the same.
_IN_PLACE = {"+=": "extend", "|=": "update"}


def in_place(tx: Any, inst: Any) -> bool:
    """``items += more`` of a list or deque, ``table |= more`` of a dict; ``items + more``."""
    sign = binary_operator(inst)
    name = _IN_PLACE.get(sign)
    container: Any = tx.stack[-2]
    if sign == "*":
        return _replaced(tx, repeated(tx, *tx.stack[-2:]) or texts.repeated(tx, *tx.stack[-2:]))
    if sign == "|":
        return _replaced(tx, dicts.joined(tx, *tx.stack[-2:]))
    if sign == "+" or (name == "extend" and _is_of_tuple(container)):
        return _replaced(tx, copied.added(tx, *tx.stack[-2:]))
    if name is None:
        return False
    if is_late(container):
        operand: Any = tx.stack[-1]
        is_late_list = is_late(operand) and type(operand.example) in (list, tuple)
        if not (only_written.is_made_here(operand) or (name == "extend" and is_late_list)):
            return False
        if not attributes.take_if_added_to(tx, container, name):
            return False
    known: Any = container.unwrap()
    if not issubclass(type(known), only_written.Unread) or name not in known.adding:
        return False
    more = tx.pop()
    known.call_method(tx, name, [more], {})
    return True  # the container is still on the stack


def _replaced(tx: Any, made: Any) -> bool:
    """Whether something was made of the two operands on the stack, which it then replaces."""
    if made is None:
        return False
    tx.popn(2)
    tx.push(made)
    return True


def list_extend(tx: Any, inst: Any) -> bool:
    """``[*items, ...]``."""
    at = -inst.arg - 1
    made = displayed(tx, tx.stack[at], tx.stack[-1])
    if made is None:
        return False
    tx.pop()
    tx.stack[at + 1] = made
    return True


def list_append(tx: Any, inst: Any) -> bool:
    """What comes after ``*items`` in ``[*items, item]``."""
    made = tx.stack[-inst.arg - 1]
    if type(made) is not copied.CopiedList:
        return False
    made.call_method(tx, "append", [tx.pop()], {})
    return True


def dict_update(tx: Any, inst: Any) -> bool:
    """``{**table, ...}``."""
    at = -inst.arg - 1
    made = dicts.joined(tx, tx.stack[at], tx.stack[-1])
    if made is None:
        return False
    tx.pop()
    tx.stack[at + 1] = made
    return True


def _is_of_tuple(container: Any) -> bool:
    if is_late(container):
        return type(container.example) is tuple
    return type(container.unwrap()) is copied.CopiedTuple


READING = Instructions(
    BINARY_SUBSCR=binary_subscr,
    STORE_SUBSCR=store_subscr,
    DELETE_SUBSCR=delete_subscr,
    DICT_UPDATE=dict_update,
    LIST_EXTEND=list_extend,
    LIST_APPEND=list_append,
    BINARY_OP=in_place,
    BINARY_ADD=in_place,
    BINARY_OR=in_place,
    BINARY_MULTIPLY=in_place,
    INPLACE_ADD=in_place,
    INPLACE_OR=in_place,
)
CHANGED = Wrappers((OutputGraph, "compile_subgraph", _apart_if_changed))

#: What this family has in the place of stock visitors, or besides them.
VISITORS: tuple[type[Visitor], ...] = ()

#: What it puts into torch while a registry with it is in force.
HOOKS: tuple[Table, ...] = (
    *(READING, CHANGED, KEYS, STORED_SIZES),
    *(
        *by_name.HOOKS,
        *bound.HOOKS,
        *unpacked.HOOKS,
        *late_keys.HOOKS,
        *shown.HOOKS,
        *tables.HOOKS,
        *taken_away.HOOKS,
    ),
)
