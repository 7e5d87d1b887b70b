"""Values that are looked up in dicts and sets: which key it is, is asked again at each call.

Torch looks a value up by its hash, which depends on all that it holds. Another value that is found
under the same key, or not found either, needs no other graph.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases.content import content_key
from vartrack.bases.tracing.again.results import number_of_again, result_again
from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import AnySetVariable, SetVariable
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["FEW", "LOOKED_UP", "holds_waiting", "stays_lazy"]

#: Stands for no literal.
_NONE: Any = object()
#: So many keys are compared with each other one by one.
FEW = 8


class Among:
    """From a value to a function that says which of some keys it equals: its number, or -1.

    Args:
        keys: the keys, in their order.

    Raises:
        TypeError: what they hold cannot be told.
    """

    def __init__(self, keys: Sequence[Hashable]) -> None:
        self.numbers = {key: number for number, key in enumerate(keys)}
        self.content = content_key(tuple(keys))

    def __call__(self, value: Hashable) -> Callable[[], int]:
        found: Callable[[], Any] = functools.partial(self.numbers.get, value, -1)
        return found

    @staticmethod
    def of_keys(value: Hashable) -> Callable[..., int]:
        """The same of keys that may be others each time, which it takes."""
        return functools.partial(_number_among, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)


class IsAmong(Among):
    """The same for whether it is one of them."""

    def __call__(self, value: Hashable) -> Callable[[], int]:
        return functools.partial(operator.contains, self.numbers, value)

    @staticmethod
    def of_keys(value: Hashable) -> Callable[..., int]:
        return functools.partial(_is_among, value)


def _number_among(value: Hashable, *keys: Hashable) -> int:
    return {key: number for number, key in enumerate(keys)}.get(value, -1)


def _is_among(value: Hashable, *keys: Hashable) -> bool:
    return value in dict.fromkeys(keys)


def _asked(
    table: Any, wanted: VariableTracker, kind: type[Among], *, of_keys: bool = False
) -> int | None:
    """What ``kind`` says of the value ``wanted`` and the keys of ``table``; None if it cannot.

    Args:
        table: the dict or set.
        wanted: what is looked up.
        kind: what is asked.
        of_keys: whether only an answer counts that is worked out of all keys at each call.
    """
    if type(wanted) is ConstantVariable or waits(wanted) or stays_lazy(wanted):
        return None  # the first are most
    tracker = wanted.realize()
    if (
        not issubclass(type(tracker), FoldedVariable)
        or tracker.changeable
        or tracker.content is None
    ):
        return None
    trackers = [key.vt for key in table.items]
    if not trackers or any(tracker is each.unwrap() for each in trackers):
        return None
    if is_by_identity(type(tracker.example), "__eq__"):
        return None  # which object it is says no key
    try:
        among = kind([*map(_value_of, trackers)])
    except (TypeError, NotImplementedError):
        return None
    if len(among.numbers) != len(trackers) or not tracker.may_ask_again("__hash__"):
        return None
    tx: Any = InstructionTranslator.current_tx()
    found = _asked_of_keys(tx, tracker, trackers, kind)
    if found is not None or of_keys:
        return found
    answer = number_of_again(tracker, tx, "__hash__", among)
    if answer is not None:
        # torch guards the keys of a dict from outside that did not change; of a set how many it has
        is_guarded = table.source is not None and not isinstance(table, AnySetVariable)
        for key in () if is_guarded and not tx.output.side_effects.is_modified(table) else trackers:
            key = specialize_symnode(key.realize())
            if isinstance(key, FoldedVariable):
                key.depend()
    return answer


def _asked_of_keys(tx: Any, tracker: FoldedVariable, keys: Any, kind: type[Among]) -> int | None:
    """The same of keys of which at least one may be another each time; None if that is dear."""
    if len(keys) > FEW or not any(map(_waits, keys)):
        return None
    found = result_again(tracker, tx, "__hash__", kind.of_keys, keys)
    if found is None:
        return None
    return int(specialize_symnode(found.realize()).as_python_constant())


def _waits(key: VariableTracker) -> bool:
    """Whether nothing of what a key holds is guarded so far."""
    key = key.realize() if type(key) is LazyVariableTracker else key.unwrap()
    if not issubclass(type(key), FoldedVariable) or key.changeable or key.content is None:
        return False
    return not key.content.stands


def holds_waiting(key: VariableTracker) -> bool:
    """Whether it is a tuple that the program makes, of a value of which little is guarded."""
    if type(key) is not TupleVariable or key.source is not None:
        return False
    return any(_waits(item) or holds_waiting(item.unwrap()) for item in key.items)


def stays_lazy(key: VariableTracker) -> bool:
    """Whether it is none of ours, and torch may look it up without building it."""
    if type(key) is not LazyVariableTracker or key.is_realized():
        return False
    value = key.original_value()
    return ConstantVariable.is_base_literal(value) or callable(value)


def _lazy_literal(key: VariableTracker) -> Any:
    """The literal that a key is which nothing was asked of yet; `_NONE` if it is something else."""
    if type(key) is LazyVariableTracker and not key.is_realized():
        value = key.original_value()
        if ConstantVariable.is_base_literal(value):
            return value
    return _NONE


def _value_of(key: VariableTracker) -> Any:
    """What a key is, if it cannot change and no code of the user's compares it.

    Raises:
        NotImplementedError: it is something else.
    """
    literal = _lazy_literal(key)
    if literal is not _NONE:
        return literal
    key = key.realize()
    if isinstance(key, FoldedVariable) and not key.changeable and key.may_ask_again("__eq__"):
        if is_by_identity(type(key.example), "__eq__"):
            raise NotImplementedError
        return key.example
    if type(key) is ConstantVariable:
        return key.as_python_constant()
    raise NotImplementedError


def _contains(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def contains(self: Any, key: VariableTracker) -> bool:
        answer = _asked(self, key, IsAmong)
        return bool(own(self, key) if answer is None else answer)

    return contains


def _taking(own: Callable[..., Any]) -> Callable[..., Any]:
    """What takes the item of a key, its last operand."""

    @functools.wraps(own)
    def take(self: Any, *args: Any) -> Any:
        *before, key = args
        number = _asked(self, key, Among)
        if number is not None and number >= 0:
            key = [*self.items][number].vt
            found = key.realize()
            if isinstance(found, FoldedVariable) and not _waits(found):
                found.depend()  # another value may be there next time
        return own(self, *before, key)

    return take


def _realizing(own: Callable[..., Any]) -> Callable[..., Any]:
    """Guards that a key is there: of one that may vary, that the keys are what they are."""

    @functools.wraps(own)
    def realize_key(self: Any, key: VariableTracker) -> None:
        if _asked(self, key, IsAmong) is None:
            own(self, key)
        else:
            self.install_dict_keys_match_guard()

    return realize_key


def _guarding(own: Callable[..., None]) -> Callable[..., None]:
    """Guards how many keys there are, where it was asked of all of them whether one is there."""

    @functools.wraps(own)
    def install(self: Any, tx: Any, args: list[VariableTracker]) -> None:
        key = args[0]
        if (
            self.source is not None
            and not tx.output.side_effects.is_modified(self)
            and _asked(self, key, IsAmong, of_keys=True) is not None
        ):
            install_guard(self.make_guard(GuardBuilder.SEQUENCE_LENGTH))
        elif holds_waiting(key.unwrap()):
            # as it was made, which of the keys it equals was guarded, and no more of what it holds
            self.install_dict_keys_match_guard()
        else:
            own(self, tx, args)

    return install


def _places() -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
    yield ConstDictVariable, "__contains__", _contains
    for cls in {AnySetVariable, SetVariable}:  # since 2.15 the base of all sets has it
        if "__contains__" in vars(cls):
            yield cls, "__contains__", _contains
    names = ("getitem_const_raise_exception_if_absent", "getitem_const", "maybe_getitem_const")
    for name in names:
        if name in vars(ConstDictVariable):
            yield ConstDictVariable, name, _taking
    if "realize_key_vt" in vars(ConstDictVariable):
        yield ConstDictVariable, "realize_key_vt", _realizing
    yield ConstDictVariable, "install_dict_contains_guard", _guarding


#: What is put in place in torch.
LOOKED_UP = Wrappers(*_places())
