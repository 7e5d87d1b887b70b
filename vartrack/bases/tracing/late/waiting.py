"""`Waiting`: values that are not built, and so not guarded, before something depends on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import AsPythonConstantNotImplementedError, VariableTracker
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.misc import DeletedVariable, NullVariable

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.compat.hooks import IS_HASHABLE
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["NOT_NEEDED", "WAITING", "Kind", "MadeLater", "Waiting", "any_waits", "waits"]


#: The classes of trackers of values that may wait.
WAITING: set[type] = set()
#: For what a value is wanted where it need not be known.
NOT_NEEDED = (Intent.WRITING, Intent.PASSING, Intent.INLINING)
#: Trackers that say something of a place, and stand for a value of no type.
_OF_NO_VALUE = (DeletedVariable, NullVariable)


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of values that may be late.

    Attributes:
        types: the types of the values.
        visitor: what must take them: another visitor knows better when to guard.
        trackers: the classes of their trackers.
        exact: whether subclasses are left alone.
        is_one_of_few: whether a value is known by which object it is.
        holds: whether a value holds others, which may be read one by one.
        has_one: whether the tracker is of such a class itself, and of none derived from it.
    """

    types: tuple[type, ...]
    visitor: type[Visitor] | tuple[type[Visitor], ...]
    trackers: tuple[type[VariableTracker], ...]
    exact: bool = True
    is_one_of_few: bool = False
    holds: bool = False
    has_one: bool = False

    def is_tracked_by(self, cls: type) -> bool | None:
        """Whether a tracker of such a value is a ``cls``; None if that is not certain."""
        answers = {issubclass(tracker, cls) for tracker in self.trackers}
        derived = not self.has_one and any(issubclass(cls, each) for each in self.trackers)
        if len(answers) > 1 or derived:
            return True if answers == {True} else None
        return answers.pop()


class Waiting(LazyVariableTracker):
    """A value that becomes a real tracker as soon as torch does anything with it.

    What depends on its type alone is answered without that. Else it is loaded, or made again, when
    the graph has run.

    Attributes:
        kind: which trackers the value can have.
    """

    kind: Any

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        WAITING.add(cls)

    @property
    def example(self) -> Any:
        """The value at hand; another may come next."""
        raise NotImplementedError

    @property
    def type_at_hand(self) -> type:
        """The type of the value."""
        return type(self.example)

    def rely_on_type(self) -> None:
        """Have the type guarded; asked at every use, as torch may have dropped what stood."""
        raise NotImplementedError

    def place(self) -> Source | None:
        """Where compiled code finds the value at each call; None if it is nowhere alone."""
        return None

    def python_type(self) -> type:
        if self.is_realized():
            return self.realize().python_type()
        self.rely_on_type()
        return self.type_at_hand

    def is_tensor(self) -> bool:
        if self.is_realized():
            return self.realize().is_tensor()
        self.rely_on_type()
        return False

    def is_constant_none(self) -> bool:
        return self.is_tensor()  # nor is it None

    def lazy_isinstance(self, cls: type) -> bool:
        """Whether the real tracker is a ``cls``; it is built if its type does not say that.

        Bytecode does not ask for the real one: it loads the value, or makes it again.
        """
        if not self.is_realized():
            if asked() is Intent.WRITING or cls in _OF_NO_VALUE:
                return False
            answer = self.kind.is_tracked_by(cls)
            if answer is not None:
                self.rely_on_type()
                return bool(answer)
        return super().lazy_isinstance(cls)

    def is_python_constant(self) -> bool:
        if not self.is_realized() and asked() in NOT_NEEDED:
            return False  # it is loaded from where it came from, or made again
        return self.realize().is_python_constant()

    def as_python_constant(self) -> Any:
        if not self.is_realized() and asked() in NOT_NEEDED:
            raise AsPythonConstantNotImplementedError(self)
        return self.realize().as_python_constant()

    def __str__(self) -> str:
        held = self.realize() if self.is_realized() else self.type_at_hand.__qualname__
        return f"{type(self).__name__}({held})"

    __repr__ = __str__


class MadeLater(Waiting):
    """One that torch has no value at hand for: it is made when something depends on it."""

    def make(self) -> VariableTracker:
        """The real tracker; asked for once."""
        raise NotImplementedError

    def realize(self) -> VariableTracker:
        cache: Any = self._cache
        if cache.vt is None:
            cache.vt = self.make()
            del cache.value, cache.source
        tracker: VariableTracker = cache.vt
        return tracker


def _has_hash(self: Waiting) -> bool:
    """Whether it is hashable, which of all but containers the type says."""
    if self.is_realized() or self.kind.holds:
        return bool(getattr(self.realize(), IS_HASHABLE)())
    return self.python_type().__hash__ is not None


setattr(Waiting, IS_HASHABLE, _has_hash)


def waits(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a late value, text or result that nothing depends on yet."""
    return type(tracker) in WAITING and not tracker.is_realized()


def any_waits(trackers: Iterable[Any]) -> bool:
    """Whether any of ``trackers`` does; most calls have none, which C code finds out."""
    if WAITING.isdisjoint(map(type, trackers)):
        return False
    return any(map(waits, trackers))
