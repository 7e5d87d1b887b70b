"""What torch gets wrong the first time already: put right, or refused."""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._dynamo import utils
from torch._dynamo.exc import unimplemented
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import (
    BaseListVariable,
    ListIteratorVariable,
    RangeVariable,
)
from torch._dynamo.variables.tensor import (
    SymNodeVariable,
    TensorVariable,
)
from torch._dynamo.variables.user_defined import (
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.containers import plain_inside
from vartrack.compat.instructions import WrappedInstructions
from vartrack.compat.names import LAZY, AnySetVariable, UserDefinedConstantVariable, is_hashable
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger, puts_right
from vartrack.soundness.lookups import find
from vartrack.soundness.watchers.compared import says_of

__all__ = ["INSTRUCTIONS", "WATCHERS"]

#: Types whose subclasses torch takes for a constant, and what reads it past the user's methods.
_CONTENT: dict[type, Any] = {int: int.__int__, float: float.__float__, str: str.__str__}
#: Methods of dicts and sets that take a key, and take one that has no hash for one that is missing.
_BY_KEY = frozenset({"get", "pop", "setdefault", "discard", "remove", "__contains__"})
#: Instructions that put the items of a mapping into a new dict.
_UNPACKING = frozenset({"DICT_UPDATE", "DICT_MERGE"})


def _content(ledger: Ledger, _: Any, tracker: Any, value: Any, *__: Any, **___: Any) -> None:
    """A subclass of a number or text: torch asks its `__str__` or `__int__` for the content."""
    for base, read in _CONTENT.items():
        if isinstance(value, base):
            tracker._base_vt = ConstantVariable.create(read(value))
            return


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name in _BY_KEY and args:
        _hashable(tx, args[0])
        if name == "discard" and ledger.guards and type(args[0]) in LAZY:
            args[0].realize()  # one that is not found would have no guard
    if name == "update" and tx.current_instruction.opname in _UNPACKING:
        _unpacked_mapping(tx, *args)
    _reordered(tracker, name)


def _hashable(tx: Any, key: Any) -> None:
    if not is_hashable(key):
        kind = key.python_type_name()
        raise_in_program(tx, TypeError(f"unhashable type: '{kind}'"))


def _looked_for(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """``[1] in keys``: up to 2.12 torch goes through the keys then, and finds none."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        if puts_right() and isinstance(tx.stack[-1].realize(), (ConstDictVariable, AnySetVariable)):
            _hashable(tx, tx.stack[-2])
        own(tx, inst)

    return call


def _reordered(tracker: Any, name: Any) -> None:
    """``items.move_to_end(key)``: no key is new, so that torch would write nothing."""
    if name == "move_to_end":
        inside = plain_inside(tracker)
        (tracker if inside is None else inside).should_reconstruct_all = True


def _unpacked_mapping(tx: Any, arg: Any) -> None:
    """``{**value}``, for which torch takes pairs as well."""
    try:
        cls = arg.python_type()
    except NotImplementedError:
        return
    if find(cls, "keys") is None and find(cls, "__getattr__") is None:
        text = f"'{cls.__name__}' object is not a mapping"
        raise_in_program(tx, TypeError(text))


def _contains(ledger: Ledger, own: Any, items: Any, search: Any, tx: Any, *more: Any) -> Any:
    """``search in items``: numbers that vary are numbers, and tensors are no answer."""
    settled = []
    for item in items:
        item = _settled(item)
        settled.append(item)
        if item is search.realize():
            return ConstantVariable.create(True)
        if isinstance(search, TensorVariable) or isinstance(item, TensorVariable):
            if item is search or _is_one(item, search):
                return ConstantVariable.create(True)
            if _has_numbers(item) and _has_numbers(search):
                _refuse_tensors(search)
        elif item.is_python_constant() and search.is_python_constant():
            one, other = item.as_python_constant(), search.as_python_constant()
            if one is other or one == other:
                return ConstantVariable.create(True)
        elif (
            search.is_python_constant()
            and _says_itself(item, search.as_python_constant())
            and _equal(tx, item, search)
        ):
            return ConstantVariable.create(True)
    return own(settled, search, tx, *more)


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


def _equal(tx: Any, item: Any, search: Any) -> bool:
    answer = BuiltinVariable(operator.eq).call_function(tx, [item, search], {}).realize()
    if isinstance(answer, SymNodeVariable):
        answer = specialize_symnode(answer)
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


def _unpacked(ledger: Ledger, _: Any, tracker: Any, tx: Any) -> None:
    """An iterator from outside that is used up is used up outside too."""
    if tracker.source is not None and tracker.is_mutable():
        tracker.index = len(tracker.items)
        tx.output.side_effects.mutation(tracker)


def _formatted(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, other: Any, *reverse: Any, **options: Any
) -> Any:
    """``'%s' % text``: of a text with a `__str__` of its own that is asked, and not the content."""
    value = tracker.value
    if any(reverse) or options.get("reverse"):
        form = other.as_python_constant() if other.is_python_constant() else None
        if isinstance(form, str) and isinstance(value, str) and "%r" not in form:
            found = find(type(value), "__str__")
            if found is not None and found[0] is not str:
                text = BuiltinVariable(str).call_function(tx, [tracker], {})
                return BuiltinVariable(operator.mod).call_function(tx, [other, text], {})
    return own(tracker, tx, other, *reverse, **options)


def _counted(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, *_: Any, **__: Any
) -> None:
    if name == "count" and len(args) == 1:
        for one in (*tracker.items, *args):
            if isinstance(one.realize(), TensorVariable):
                _refuse_tensors(args[0])


def _copied(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    _reordered(tracker, name)
    if name == "copy":
        _same_class(tracker, name)


def _merged(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    _same_class(tracker, "__or__")


def _merged_by_function(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any) -> None:
    """The same up to 2.12; before 2.12 torch forgets the class of the right one too."""
    left, *others = (arg.realize() for arg in args)
    _same_class(left, "__or__")
    if behaviour.FORGETS_BOTH_CLASSES and not issubclass(left.python_type(), OrderedDict):
        for other in others:
            _same_class(other, "__or__")


def _same_class(tracker: Any, name: str) -> None:
    """A copy of a subclass of `OrderedDict` is of that subclass, which torch forgets."""
    value = getattr(tracker, "value", None)
    cls = type(value)
    if not issubclass(cls, OrderedDict) or cls is OrderedDict:
        return
    found = find(cls, name)
    if found is not None and found[0] is OrderedDict:
        unimplemented(
            gb_type="vartrack: a copy of a subclass of OrderedDict",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation=f"{name} of a {cls.__qualname__} gives another one, and torch would give "
            "an OrderedDict.",
            hints=["Copy it outside the compiled function, or make a dict of it."],
        )


def _any_method(ledger: Ledger, tracker: Any, *args: Any, **kwargs: Any) -> None:
    """What every method comes by, on releases where trackers have no `call_method` of their own."""
    for cls, note in _METHODS:
        if isinstance(tracker, cls):
            note(ledger, tracker, *args, **kwargs)


_METHODS: tuple[tuple[Any, Any], ...] = (
    (ConstDictVariable, _method),
    (AnySetVariable, _method),
    (BaseListVariable, _counted),
    (UserDefinedObjectVariable, _copied),
)


def _watch(owner: Any, name: str, before: Any = None, **options: Any) -> Watcher:
    """Where torch has no such function it goes by another, or does not get it wrong."""
    return Watcher(owner, name, "tracing", before, needed=False, **options)


INSTRUCTIONS = WrappedInstructions(
    **({"CONTAINS_OP": _looked_for} if behaviour.LOOKS_THROUGH_KEYS else {})
)
WATCHERS: tuple[Watcher, ...] = (
    # where `%` of it can be told apart, see `_formatted`
    *(
        _watch(UserDefinedConstantVariable, "__init__", after=_content, subclasses=False)
        for _ in {"nb_remainder_impl"}.intersection(dir(UserDefinedObjectVariable))
    ),
    *(_watch(cls, "call_method", note) for cls, note in _METHODS),
    _watch(VariableTracker, "call_method", _any_method, subclasses=False),
    _watch(utils, "iter_contains", instead=_contains),
    _watch(RangeVariable, "sq_contains", instead=_in_range),
    *(
        _watch(RangeVariable, "call_method", instead=_method_of_range)
        for _ in {"sq_contains"}.difference(vars(RangeVariable))
    ),
    _watch(UserDefinedObjectVariable, "nb_or_impl", _merged),
    *(
        _watch(
            BuiltinVariable,
            "call_function",
            _merged_by_function,
            subclasses=False,
            of=(operator.or_,),
        )
        for _ in {"nb_or_impl"}.difference(dir(UserDefinedObjectVariable))
    ),
    _watch(UserDefinedObjectVariable, "nb_remainder_impl", instead=_formatted),
    _watch(ListIteratorVariable, "unpack_var_sequence", after=_unpacked),
)
