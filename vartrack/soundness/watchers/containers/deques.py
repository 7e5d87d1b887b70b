"""Deques: how many items one may have, which torch forgets, and that going through one ends."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo import side_effects
from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.lists import (
    BaseListVariable,
    DequeVariable,
    ListIteratorVariable,
    TupleVariable,
)
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.compat.hooks import hook_name
from vartrack.compat.operators import ADDED, Entry
from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, current

__all__ = ["ENTRIES", "WATCHERS", "rely_on_maxlen"]


def rely_on_maxlen(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """Note how many items the deque of ``tracker`` may have."""
    name = name_of(tracker.source)
    if name is not None:
        text = f"the maxlen of {name}"
        ledger.sourced.asked("containers", ("maxlen", name), text, [tracker.source], _maxlen)


def _read(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """``deque.maxlen`` where torch has a table of what reads it: since 2.15."""
    if isinstance(tracker, DequeVariable):
        rely_on_maxlen(ledger, tracker)


def _maxlen(value: Any) -> Any:
    return getattr(value, "maxlen", None)


def _repeated(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """``deque * 2``, for which torch has what all lists have."""
    if isinstance(tracker, DequeVariable):
        rely_on_maxlen(ledger, tracker)
        if ledger.guards:
            _handed_on(tracker, result)


def _copied(
    ledger: Ledger, own: Callable[..., Any], tracker: Any, tx: Any, name: str, *more: Any
) -> Any:
    result = own(tracker, tx, name, *more)
    if tracker.maxlen.as_python_constant() == 0:  # of which torch keeps the last item
        tracker.items.clear()
    return _handed_on(tracker, result) if name in ("copy", "__copy__") else result


def _handed_on(tracker: Any, result: Any) -> Any:
    """``result`` with the most items of ``tracker``, which torch forgets."""
    if isinstance(result, DequeVariable):
        result.maxlen = tracker.maxlen
        most = tracker.maxlen.as_python_constant()
        if most is not None and len(result.items) > most:
            result.items[:] = result.items[len(result.items) - most :]
    return result


def _of_own_class(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """``items + others`` and the like of a subclass, for which torch has a deque since 2.14."""
    cls = tracker.python_type()
    if cls is not deque and issubclass(cls, deque):
        unimplemented(
            gb_type="vartrack: what a subclass of deque gives",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation=f"An operator of {with_article(cls)} gives another one, and torch would "
            "give a deque.",
            hints=["Extend it by a method, or make a deque of it before."],
        )


def _put_back(ledger: Ledger, _: Any, replay: Any) -> None:
    """What is in a subclass is put back by a name that the module of the program may not have."""
    tx = replay.codegen.tx
    for instruction in replay.suffixes[-1]:
        if instruction.opname == "LOAD_GLOBAL" and instruction.argval == deque.__module__:
            instruction.argval = tx.import_source(deque.__module__).global_name


def _joined(tx: Any, left: Any, right: Any) -> Any:
    """``items + others`` where that is no method of the tracker; None where torch is to answer."""
    ledger = current()
    if ledger is None or not ledger.holds("containers"):
        return None
    rely_on_maxlen(ledger, left)
    if not ledger.guards:
        return None
    items = [*left.items, *right.items]
    new = ValueMutationNew()
    return _handed_on(left, DequeVariable(items, maxlen=left.maxlen, mutation_type=new))


def _entries() -> Iterator[tuple[Any, Entry]]:
    if "nb_add_impl" in ADDED:
        yield operator.add, ((DequeVariable, DequeVariable), _joined)


ENTRIES = Operations(DequeVariable, {}, _entries)


def _iterated(ledger: Ledger, iterator: Any, tracker: Any, *_: Any, **__: Any) -> None:
    ledger.deques[id(iterator)] = (iterator, tracker.items, len(tracker.items))


def _iterated_by_method(
    ledger: Ledger, iterator: Any, tracker: Any, tx: Any, name: str, *_: Any, **__: Any
) -> None:
    """The same where torch has no other way to go through one: up to 2.12; backwards in 2.13."""
    if name in ("__iter__", "__reversed__"):
        _iterated(ledger, iterator, tracker)


def _backwards(ledger: Ledger, own: Any, builtin: Any, tx: Any, arg: Any) -> Any:
    """``reversed(items)``, up to 2.12 a tuple of what was there."""
    result = own(builtin, tx, arg)
    if isinstance(result, TupleVariable) and isinstance(arg.realize(), DequeVariable):
        result = ListIteratorVariable([*result.items], mutation_type=ValueMutationNew())
        _iterated(ledger, result, arg.realize())
    return result


def _stepped(ledger: Ledger, iterator: Any, tx: Any, *_: Any, **__: Any) -> None:
    """A deque that has grown meanwhile, of which torch would go on for ever."""
    of_deque = ledger.deques.get(id(iterator))
    if of_deque is not None and len(of_deque[1]) != of_deque[2]:
        raise_in_program(tx, RuntimeError("deque mutated during iteration"))


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(cls, hook_name(name), "tracing", _of_own_class, needed=False)
        for cls in (DequeVariable, UserDefinedObjectVariable)
        for name in ("sq_concat_impl", "sq_repeat_impl")
        if hook_name(name) in vars(cls)  # others have that of a class that comes later
    ),
    *(
        Watcher(cls, "call_method", "tracing", _of_own_class, of=("copy", "__copy__"))
        for cls in (DequeVariable, UserDefinedObjectVariable)
    ),
    Watcher(
        side_effects,
        "_codegen_user_defined_deque_mutation",
        "tracing",
        after=_put_back,
        needed=False,
    ),
    Watcher(DequeVariable, hook_name("tp_iter_impl"), "tracing", after=_iterated, needed=False),
    Watcher(DequeVariable, "call_method", "tracing", after=_iterated_by_method),
    Watcher(BuiltinVariable, "call_reversed", "tracing", instead=_backwards),
    Watcher(ListIteratorVariable, hook_name("tp_iternext_impl"), "tracing", _stepped, needed=False),
    Watcher(DequeVariable, "call_method", "containers", rely_on_maxlen),
    *(
        Watcher(DequeVariable, hook_name(name), "containers", rely_on_maxlen, needed=False)
        for name in ("tp_getattro_impl", "sq_concat_impl", "tp_repr_impl")
    ),
    Watcher(
        VariableTracker,
        "lookup_tp_getset_member",
        "containers",
        _read,
        subclasses=False,
        needed=False,
        of=("maxlen",),
    ),
    Watcher(BaseListVariable, "sq_repeat_impl", "containers", after=_repeated, needed=False),
    Watcher(DequeVariable, "call_method", "tracing", instead=_copied, needed=False),
)
