"""`Compared`: folded values compared with others, and found in dicts and sets."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.again.identity_hashes import identity_hash
from vartrack.bases.tracing.again.results import number_of_again, place_again, result_again
from vartrack.bases.tracing.classes.lookup import is_by_identity
from vartrack.bases.tracing.classes.own_code import is_own_code, written_in_python
from vartrack.bases.tracing.classes.reflexive import answer_with_itself
from vartrack.bases.tracing.evaluating.callbacks import seeing
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.evaluating.intents import Intent, asked, asking
from vartrack.bases.tracing.filled.kept_apart import keep_apart
from vartrack.bases.tracing.folded.evaluated_variable import equals_itself
from vartrack.bases.tracing.folded.slots import Slots
from vartrack.bases.tracing.known.identity import answer_identity, fitted_hash, hash_of_object
from vartrack.bases.tracing.objects.same_key import is_same_key

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["Compared"]


#: The comparisons of a value with itself that are asked anew.
_REFLEXIVE = ("__eq__", "__ne__")


def compared_with_itself(value: Any, op: str) -> Any:
    """What ``value == value`` or its like gives."""
    return (operator.eq if op == "__eq__" else operator.ne)(value, value)


def _has_hash(value: Any) -> Callable[[], int]:
    """What raises if ``value`` cannot be a key."""
    return functools.partial(_zero_if_hashed, value)


def _zero_if_hashed(value: Any) -> int:
    hash(value)
    return 0


def _hash_of(value: Any) -> Callable[[], int]:
    return functools.partial(hash, value)


class Compared(Slots):
    """Answers ``==``, its like, and ``hash``, with the guards that each needs."""

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if is_by_identity(type(self.example), op):
            other = other.realize()
            if op not in ("__eq__", "__ne__") or type(other) is not type(self):
                return ConstantVariable.create(NotImplemented)
            return ConstantVariable.create(answer_identity(tx, self, other) is (op == "__eq__"))
        if op == "__ne__" and self.of_class(op) is object.__ne__ and self.own_method("__eq__"):
            return self.unequal(tx, other)
        if other.unwrap() is self:
            answer = self.with_itself(tx, op)
            if answer is not None:
                return answer
        folded = self.fold_method(tx, op, [other])
        return self.trace_or_refuse(tx, op, [other], {}) if folded is None else folded

    def equals_itself(self) -> bool:
        """False for values such as NaN, which ``is`` and ``==`` tell apart."""
        if is_by_identity(type(self.example), "__eq__"):
            return True
        tx = InstructionTranslator.current_tx()
        if self.own_method("__eq__") is None and self.with_itself(tx, "__eq__") is None:
            self.depend()
        return equals_itself(self.example)

    def is_among(self, tx: Any, items: Iterable[VariableTracker]) -> bool:
        """Whether the value is one of ``items``, if only that can tell that it is there."""
        if any(item.unwrap() is self for item in items):
            return True
        return not self.equals_itself() and any(answer_identity(tx, self, item) for item in items)

    def with_itself(self, tx: Any, op: str) -> VariableTracker | None:
        """What ``value == value`` gives, guarded to be that; None if it must be asked otherwise."""
        if op in self.impure:
            return None
        known = answer_with_itself(type(self.example), op)
        if known is not None:
            return ConstantVariable.create(known)
        if op not in _REFLEXIVE or self.is_changed(tx):
            return None
        if is_own_code(written_in_python(self.of_class(op))):
            return None
        with seeing(self.example, tx=tx) as found:
            answer = asked_anew(self, tx, compared_with_itself, op)
        return None if found.reads else answer

    def unequal(self, tx: Any, other: VariableTracker) -> VariableTracker:
        """What the ``__ne__`` of `object` makes of the user's own ``__eq__``."""
        equal = self.tp_richcompare_impl(tx, other, "__eq__")
        if equal.is_python_constant() and equal.as_python_constant() is NotImplemented:
            return equal
        negate: Any = VariableTracker.build(tx, operator.not_)
        return negate.call_function(tx, [equal], {})  # type: ignore[no-any-return]

    def is_python_equal(self, other: object) -> bool:
        if not isinstance(other, VariableTracker):
            return False
        tx = InstructionTranslator.current_tx()
        if is_by_identity(type(self.example), "__eq__"):
            return answer_identity(tx, self, other)
        if (other := other.realize()) is self:
            return True
        return is_same_key(self, other)

    def is_hashable(self) -> bool:
        return type(self.example).__hash__ is not None

    def hash_waits(self, tx: Any) -> bool:
        """Whether the hash may be taken unguarded, as a key is told from others by ``==``.

        That there is one is guarded.
        """
        if self.changeable or type(self.example).__hash__ is None:
            return False
        if "__eq__" in self.impure or not self.may_ask_again("__eq__"):
            return False
        if self.was_set(tx) and is_by_identity(type(self.example), "__eq__"):
            return is_by_identity(type(self.example), "__hash__")  # that of `object`, as it was
        if not equals_itself(self.example):
            return False  # dicts and sets find it by identity
        return number_of_again(self, tx, "__hash__", _has_hash) is not None

    def hashed(self, tx: Any) -> VariableTracker:
        """What ``hash`` gives: a number that the program has."""
        with asking(Intent.HASH):
            number, is_of_this_trace = self.hash_impl(tx)
        if is_of_this_trace:
            self.refuse("__hash__", "is of an object that is another one at each call")
        return ConstantVariable.create(number)

    def hash_again(self, tx: Any) -> VariableTracker | None:
        """The hash as a number that may vary; None if it is to be taken once."""
        value = self.example
        if is_by_identity(type(value), "__hash__"):
            return identity_hash(tx, self, value)
        if self.changeable or type(value).__hash__ is None or not equals_itself(value):
            return None
        return result_again(self, tx, "__hash__", _hash_of)

    def place_of_hash(self, tx: Any) -> Source | None:
        """Where the hash is taken at each call; None if it is not one that may vary."""
        value = self.example
        if self.changeable or type(value).__hash__ is None or not equals_itself(value):
            return None
        return (
            None
            if is_by_identity(type(value), "__hash__")
            else place_again(self, tx, "__hash__", _hash_of)
        )

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        cls = type(self.example)
        if asked() is Intent.KEY and self.hash_waits(tx):
            return hash(self.example), False
        if cls.__hash__ is None:
            raise_in_program(tx, TypeError(f"unhashable type: {cls.__name__!r}"))
        number = hash_of_object(self, self.example)
        if number is not None:
            return number, False
        if self.key is not None and is_by_identity(cls, "__hash__"):
            if self.changeable and not issubclass(cls, dict):
                # what is made while tracing is another one at each call
                keep_apart(tx, cls)
                return hash(self.example), True
            # which of several values with this key it will be is not guarded
            key = self.key
            return self.evaluated(tx, "__hash__", lambda value: hash(key(value))), True
        own = self.own_method("__hash__")
        if own is not None:
            traced = self.trace_own(tx, "__hash__", own, (), {})
            if traced.is_python_constant() and equals_itself(self.example):
                return fitted_hash(traced.as_python_constant()), False
        number = self.evaluated(tx, "__hash__", hash)
        if not self.equals_itself():
            # dicts and sets find it by identity, and its hash may go by that as well
            self.refuse("__hash__", "is of a value that is not equal to itself")
        return number, False
