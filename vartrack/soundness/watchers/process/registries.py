"""Tables of the standard library and of torch, where a program registers classes of its own."""

from __future__ import annotations

import functools
from typing import Any

from torch._dynamo.source import is_from_skip_guard_source
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.utils import _pytree

from vartrack.compat.hooks import hook_name
from vartrack.soundness.facts.fact import NOTHING
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change

__all__ = ["WATCHERS"]

#: Methods of dicts that look one key up.
_BY_KEY = frozenset({"get", "__contains__", "__getitem__"})


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name in _BY_KEY and args:
        _looked_up(ledger, tracker, tx, args[0])


def _not_found(ledger: Ledger, tracker: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    _looked_up(ledger, tracker, tx, args[0])


def _looked_up(ledger: Ledger, tracker: Any, tx: Any, key: Any, *_: Any, **__: Any) -> None:
    """What a global of the standard library has for a class: torch guards nothing below those."""
    source = tracker.source
    if source is None or not is_from_skip_guard_source(source) or not key.is_python_constant():
        return
    cls, name = key.as_python_constant(), name_of(source)
    if name is not None and isinstance(cls, type) and can_change(cls):
        text = f"what {name} has for {cls.__qualname__}"
        make = functools.partial(_entry, cls)
        ledger.sourced.rely("state", ("entry", name, cls), text, [source], make)


def _entry(key: type, table: Any) -> Holds:
    held = table.get(key, NOTHING)
    return lambda table: table.get(key, NOTHING) is held


def _mapped(ledger: Ledger, tracker: Any, tx: Any, function: Any, *_: Any, **__: Any) -> None:
    """``tree_map`` over an object, which is a leaf unless its class is registered."""
    cls = tracker.python_type()
    if can_change(cls) and cls not in _pytree.SUPPORTED_NODES:
        ledger.state.missing(_pytree.SUPPORTED_NODES, cls, "the table of torch.utils._pytree")


WATCHERS: tuple[Watcher, ...] = (
    Watcher(ConstDictVariable, "call_method", "state", _method),
    *(
        Watcher(ConstDictVariable, name, "state", note, needed=False)  # since 2.15 by these alone
        for name, note in (
            ("install_dict_contains_guard", _not_found),
            ("getitem_const", _looked_up),
        )
    ),
    Watcher(
        ConstDictVariable,
        "getitem_const_raise_exception_if_absent",
        "state",
        _looked_up,
        needed=False,
    ),
    Watcher(ConstDictVariable, hook_name("sq_contains_impl"), "state", _looked_up, needed=False),
    *(
        Watcher(UserDefinedObjectVariable, name, "state", _mapped, needed=False)
        for name in ("call_tree_map_branch", "call_tree_map_with_path_branch")
    ),
)
