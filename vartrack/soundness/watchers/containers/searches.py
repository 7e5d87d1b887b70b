"""What is looked for in a container, where numbers vary or tensors are among the items."""

from __future__ import annotations

import enum
import operator
from types import FunctionType
from typing import Any

from torch._dynamo import utils
from torch._dynamo.exc import unimplemented
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.lists import (
    BaseListVariable,
    ListIteratorVariable,
    RangeIteratorVariable,
    RangeVariable,
    TupleIteratorVariable,
)
from torch._dynamo.variables.tensor import (
    NumpyNdarrayVariable,
    SymNodeVariable,
    TensorVariable,
)
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.compat.names import OBJECTS, AnySetVariable, object_protocol
from vartrack.soundness.hooks.hooking import Watcher, before_methods, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.noting.own_equality import compares_in_python, look_at_equality
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.comparing.compared import says_of
from vartrack.soundness.watchers.comparing.identity import answer_of

__all__ = ["WATCHERS"]

#: Iterators, of which no two are equal, and torch's trackers of them give a new one when asked.
_ITERATORS = (ListIteratorVariable, RangeIteratorVariable, TupleIteratorVariable)


class _Answer(enum.Enum):
    """What holding an item against what is looked for came to."""

    FOUND = enum.auto()
    OTHER = enum.auto()  # it was asked, and is not to be asked twice: it may count that
    AS_TORCH = enum.auto()  # found, and torch finds it as well
    LEFT = enum.auto()  # torch is to ask


def _contains(ledger: Ledger, own: Any, items: Any, search: Any, tx: Any, *more: Any) -> Any:
    """``search in items``: numbers that vary are numbers, and tensors are no answer."""
    items = [*items]
    look_at_equality(ledger, [search, *items])
    left: list[Any] = []
    rest = iter(items)
    for item in map(_settled, rest):
        answer = _answer(ledger, tx, item, search)
        if answer is _Answer.FOUND:
            return ConstantVariable.create(True)
        if answer is not _Answer.OTHER:
            left.append(item)
        if answer is _Answer.AS_TORCH:
            if all(before.is_python_constant() for before in left):
                break  # since 2.14 torch guards what comes after it
            return ConstantVariable.create(True)
    result = own([*left, *rest], search, tx, *more)
    if not (result.is_python_constant() and result.as_python_constant()):
        _note_others(ledger, items, search)
    return result


def _answer(ledger: Ledger, tx: Any, item: Any, search: Any) -> _Answer:
    if item is search.realize():
        return _Answer.FOUND
    if isinstance(item, KnownVariable) or isinstance(search, KnownVariable):
        return _Answer.LEFT  # it is asked for no more than the comparison needs
    if isinstance(search, TensorVariable) or isinstance(item, TensorVariable):
        if _is_one(item, search):
            return _Answer.FOUND
        arrays = any(type(one.realize()) is NumpyNdarrayVariable for one in (item, search))
        is_asked = arrays or (_has_numbers(item) and _has_numbers(search))
    elif not search.is_python_constant():
        # torch joins what they give by ``|``, for the truth of one of them
        is_asked = compares_in_python([item, search])
    elif item.is_python_constant():
        one, other = item.as_python_constant(), search.as_python_constant()
        if one is other and type(one) is float and one != one:
            return _Answer.FOUND  # torch up to 2.12 goes by ``==`` alone
        is_asked = one is not other and compares_in_python([item, search])
        if not is_asked and (one is other or one == other):
            return _Answer.AS_TORCH
    else:
        is_asked = _says_itself(item, search.as_python_constant())
    if not is_asked:
        return _Answer.LEFT
    return _Answer.FOUND if _equal(ledger, tx, item, search) else _Answer.OTHER


def _note_others(ledger: Ledger, items: list[Any], search: Any) -> None:
    """That none of ``items`` is the one looked for, which would be found whatever its ``==`` says.

    Where no class has an ``==`` of its own, it is asked for that, and notes it.
    """
    search = search.realize()
    if type(search) in OBJECTS:
        for item in map(_settled, items):
            if type(item) in OBJECTS and compares_in_python([item, search]):
                answer_of(ledger, item, search)


def _says_itself(item: Any, value: Any) -> bool:
    """Whether ``item``, which is no constant, may be equal to one: torch takes it for unequal."""
    if isinstance(item, UserDefinedObjectVariable):
        found = find(item.python_type(), "__eq__")
        if found is None or found[0] is object:
            return False
        if type(found[1]) is FunctionType:
            return True
        held = getattr(item, "value", None)  # C code goes by the types first
        return any(says_of(*pair) is not NotImplemented for pair in ((held, value), (value, held)))
    if not isinstance(item, (BaseListVariable, ConstDictVariable, AnySetVariable)):
        return False
    return item.python_type() is type(value)


def _equal(ledger: Ledger, tx: Any, item: Any, search: Any) -> bool:
    outer, ledger.asks_truth = ledger.asks_truth, True
    try:
        answer = BuiltinVariable(operator.eq).call_function(tx, [item, search], {}).realize()
    finally:
        ledger.asks_truth = outer
    if isinstance(answer, SymNodeVariable):
        answer = specialize_symnode(answer)
    if isinstance(answer, UserDefinedObjectVariable):
        answer = BuiltinVariable(bool).call_function(tx, [answer], {}).realize()
    if not answer.is_python_constant():
        _refuse_tensors(search)
    return bool(answer.as_python_constant())


def _settled(item: Any) -> Any:
    item = item.realize()
    return specialize_symnode(item) if isinstance(item, SymNodeVariable) else item


def _is_one(one: Any, other: Any) -> bool:
    fakes = [getattr(tracker, "proxy", None) for tracker in (one, other)]
    return fakes[0] is not None and fakes[0] is fakes[1]


def _has_numbers(tracker: Any) -> bool:
    """Whether comparing it with a tensor looks into the tensor."""
    if tracker.is_python_constant():
        return isinstance(tracker.as_python_constant(), (int, float, complex))
    return isinstance(tracker, (TensorVariable, SymNodeVariable))


def _refuse_tensors(search: Any) -> None:
    unimplemented(
        gb_type="vartrack: a tensor is looked for by its numbers",
        context=str(search),
        explanation="Whether a tensor is in a container depends on its numbers, which are not "
        "known while tracing. torch gives a tensor for an answer.",
        hints=["Compare the tensors one by one, or by `is`."],
    )


def _in_range(ledger: Ledger, own: Any, tracker: Any, tx: Any, item: Any) -> Any:
    """``number in range(...)`` gives how often, in torch, which fails at bounds that vary."""
    tracker.items[:] = map(_settled, tracker.items)
    result = own(tracker, tx, _settled(item))
    if result.is_python_constant():
        return ConstantVariable.create(bool(result.as_python_constant()))
    return result


def _method_of_range(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, *more: Any
) -> Any:
    """The same up to 2.12, where it is a method."""
    if name != "__contains__" or len(args) != 1:
        return own(tracker, tx, name, args, *more)
    tracker.items[:] = map(_settled, tracker.items)
    result = own(tracker, tx, name, [_settled(args[0])], *more)
    return ConstantVariable.create(bool(result.as_python_constant()))


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, *more: Any
) -> Any:
    """``items.index(v)`` and its like, where torch compares what the objects hold."""
    traced = _TRACED.get(name)
    lacks = isinstance(tracker, RangeVariable) or (name == "remove" and not _is_list(tracker))
    if traced is None or len(args) != 1 or lacks:
        return own(tracker, tx, name, args, *more)
    compared = [*tracker.items, *args]
    look_at_equality(ledger, compared)
    # torch adds up what comparing gives
    traced_there = name != "count" and not all(map(_is_plain, compared))
    by_class = compares_in_python(compared) and not traced_there
    if not by_class and not any(map(_is_iterator, compared)):
        return own(tracker, tx, name, args, *more)
    return UserFunctionVariable(traced).call_function(tx, [tracker, *args], {})


def _is_plain(tracker: Any) -> bool:
    return bool(tracker.is_python_constant())


def _is_iterator(tracker: Any) -> bool:
    """Whether it is one that torch makes another of for the comparison."""
    return issubclass(type(tracker.unwrap()), _ITERATORS)


def _is_list(tracker: Any) -> bool:
    return tracker.python_type() is list


def _index(items: Any, search: Any) -> int:
    for place, item in enumerate(items):
        if item is search or item == search:
            return place
    if isinstance(items, tuple):
        raise ValueError("tuple.index(x): x not in tuple")
    raise ValueError(f"{search!r} is not in list")


def _count(items: Any, search: Any) -> int:
    found = 0
    for item in items:
        if item is search or item == search:
            found += 1
    return found


def _remove(items: Any, search: Any) -> None:
    for place, item in enumerate(items):
        if item is search or item == search:
            del items[place]
            return
    raise ValueError("list.remove(x): x not in list")


#: What C code does, in Python.
_TRACED: dict[str, Any] = {"index": _index, "count": _count, "remove": _remove}


def _counted(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name == "count" and len(args) == 1:
        for one in (*tracker.items, *args):
            if isinstance(one.realize(), TensorVariable):
                _refuse_tensors(args[0])


def _gone_through(ledger: Ledger, own: Any, tx: Any, container: Any, search: Any) -> Any:
    """``search in iterator``: torch asks whether they are equal, and not whether they are one."""
    container = container.realize()
    cls = type_at_hand(container)
    if has_on_class(cls, "__contains__") or not has_on_class(cls, "__iter__"):
        return own(tx, container, search)
    sure = type_at_hand(search) in _EQUAL_TO_THEMSELVES
    traced: Any = VariableTracker.build(tx, _is_equal_to_one if sure else _is_met)
    return traced.call_function(tx, [search, container], {})


#: Types of values that are equal to themselves whatever they hold: torch has no `is` for some.
_EQUAL_TO_THEMSELVES = (tuple, list, dict, set, frozenset, str, bytes, int, bool, type(None))


def _is_equal_to_one(search: Any, container: Any) -> bool:
    for item in container:  # noqa: SIM110, traced as it stands
        if item == search:
            return True
    return False


def _is_met(search: Any, container: Any) -> bool:
    for item in container:  # noqa: SIM110, traced as it stands
        if item is search or item == search:
            return True
    return False


# where torch has no such function it goes by another, or does not get it wrong
WATCHERS: tuple[Watcher, ...] = (
    *before_methods("tracing", {BaseListVariable: _counted}),
    *instead_of_methods("tracing", BaseListVariable, _method),
    Watcher(utils, "iter_contains", "tracing", instead=_contains, needed=False),
    Watcher(RangeVariable, "sq_contains", "tracing", instead=_in_range, needed=False),
    *(
        Watcher(object_protocol, name, "tracing", instead=_gone_through, needed=False)
        for name in ("generic_contains", "pysequence_contains")  # up to 2.14, and since
    ),
    *(
        Watcher(RangeVariable, "call_method", "tracing", instead=_method_of_range, needed=False)
        for _ in {"sq_contains"}.difference(vars(RangeVariable))
    ),
)
