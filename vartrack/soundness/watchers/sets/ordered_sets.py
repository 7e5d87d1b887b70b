"""torch's `OrderedSet`, of which torch forgets the order, and guards it as if it were a dict."""

from __future__ import annotations

from typing import Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.exc import unimplemented
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListVariable
from torch.utils._ordered_set import OrderedSet

from vartrack.compat import behaviour
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import AnySetVariable, OrderedSetVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


#: Methods that torch runs in the order of a set.
_WITHOUT_ORDER = frozenset({"__and__", "intersection", "intersection_update", "pop"})
#: Methods whose effect on a set from outside torch forgets, or writes back in the order of a set.
_FORGOTTEN = frozenset(
    {"add", "clear", "discard", "remove", "update", "__ior__"}
    | {"difference_update", "symmetric_difference_update"}
)


def _items(tracker: Any) -> list[Any]:
    return [key.vt for key in tracker.items]


def _made(ledger: Ledger, own: Any, tracker: Any, codegen: Any) -> None:
    """Have compiled code make one of its items as they come; torch takes a set of them."""
    where, name = OrderedSet.__module__, OrderedSet.__qualname__
    codegen.add_push_null(lambda: codegen.load_import_from(where, name))
    codegen(ListVariable(_items(tracker)))
    codegen.extend_output(create_call_function(1, False))


def _constant(ledger: Ledger, own: Any, tracker: Any) -> OrderedSet[Any]:
    return OrderedSet([item.as_python_constant() for item in _items(tracker)])


def _text(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> Any:
    listed = BuiltinVariable(repr).call_function(tx, [ListVariable(_items(tracker))], {})
    return ConstantVariable.create(f"OrderedSet({listed.as_python_constant()})")


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: the order of one is that of the dict inside, which is guarded.

    It is no dict itself, and torch dies of it if it takes it for one.
    """
    for tracker in output.side_effects.id_to_variable.values():
        if issubclass(type(tracker), OrderedSetVariable):
            output.guard_on_key_order.discard(tracker.source)


def _contains(ledger: Ledger, own: Any, tracker: Any, *args: Any) -> None:
    """``item in items``: torch has a guard for it that works on sets alone; all keys have one."""
    if not isinstance(tracker, OrderedSetVariable):
        own(tracker, *args)


def _changed(ledger: Ledger, tracker: Any, tx: Any, name: Any = "__and__", *_: Any) -> None:
    """What torch does to a set, in the order of a set, or forgets to do to the one outside."""
    if not isinstance(tracker, OrderedSetVariable):
        return
    in_graph = isinstance(name, str) and name not in _WITHOUT_ORDER
    if not in_graph or (name in _FORGOTTEN and tracker.source is not None):
        unimplemented(
            gb_type="vartrack: an OrderedSet is changed",
            context=str(tracker),
            explanation="torch takes an OrderedSet for a set without an order when it is changed, "
            "or what two of them share is asked for.",
            hints=["Do it outside of the compiled function."],
        )


def _watch(name: str, instead: Any) -> Watcher:
    return Watcher(OrderedSetVariable, name, "tracing", instead=instead, needed=False)


_ALL: tuple[Watcher, ...] = (
    _watch("reconstruct", _made),
    _watch("as_python_constant", _constant),
    _watch(hook_name("tp_repr_impl"), _text),
    *(
        Watcher(AnySetVariable, name, "tracing", instead=_contains, needed=False)
        for name in ("install_set_contains_guard", "install_dict_contains_guard")
    ),
    *(
        Watcher(cls, "install_dict_contains_guard", "tracing", instead=_contains, subclasses=False)
        for cls in (ConstDictVariable,)
        if issubclass(AnySetVariable, cls)  # up to 2.11 a set has it from there
    ),
    *(
        Watcher(AnySetVariable, name, "tracing", _changed, needed=False)
        for name in ("call_method", "nb_and_impl", "nb_inplace_and_impl")
    ),
    *(
        Watcher(VariableTracker, name, "tracing", _changed, subclasses=False)
        for name in (() if behaviour.CHANGES_ORDERED_SETS else ("call_method",))
    ),
    Watcher(OutputGraph, "compile_subgraph", "tracing", _compiled),
)

#: None where torch takes them for objects like any other, as up to 2.10.
WATCHERS: tuple[Watcher, ...] = () if OrderedSetVariable is None else _ALL
