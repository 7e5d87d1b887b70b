"""Values that are not built, and so not guarded, before something depends on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import AsPythonConstantNotImplementedError, VariableTracker
from torch._dynamo.variables.lazy import LazyCache, LazyVariableTracker
from torch._dynamo.variables.misc import DeletedVariable, NullVariable

from vartrack.bases.tracing.intents import Intent, asked
from vartrack.extras.thrift.asked import Asked

if TYPE_CHECKING:
    from torch._guards import Guard, Source

__all__ = ["PRESENT", "LateVariable", "Waiting", "any_waits", "is_late", "waits"]


#: The classes of trackers of values that may wait.
_WAITING: set[type] = set()
#: For what a value is wanted where it need not be known.
_NOT_NEEDED = (Intent.WRITING, Intent.PASSING)
#: Trackers that say something of a place, and stand for a value of no type.
_OF_NO_VALUE = (DeletedVariable, NullVariable)


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
        _WAITING.add(cls)

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
        if not self.is_realized() and asked() in _NOT_NEEDED:
            return False  # it is loaded from where it came from, or made again
        return self.realize().is_python_constant()

    def as_python_constant(self) -> Any:
        if not self.is_realized() and asked() in _NOT_NEEDED:
            raise AsPythonConstantNotImplementedError(self)
        return self.realize().as_python_constant()

    def __str__(self) -> str:
        held = self.realize() if self.is_realized() else self.type_at_hand.__qualname__
        return f"{type(self).__name__}({held})"

    __repr__ = __str__


def PRESENT(builder: GuardBuilder, guard: Guard) -> None:
    """Have compiled code look whether anything is at the guarded place."""
    code = f"{builder.arg_ref(guard)} is there"
    guard.set_export_info("PRESENT", None, [code], None)
    builder.get_guard_manager(guard)  # fails where nothing is found


class LateVariable(Waiting):
    """A value that came from somewhere and is read from there again when the graph has run.

    The real tracker has the guards of its visitor. What is asked of the value in `questions` is
    guarded by the answer.

    Args:
        _cache: torch's record of the value and its source.
        kind: which trackers the value can have, a row of `kinds.KINDS`.
        asked: the questions that were put to the value, with the guard on the answers.
        options: ``source``, and what else a tracker takes.
    """

    _nonvar_fields = {"asked", "kind", "type_guard", *LazyVariableTracker._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, kind: Any, asked: Asked, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.kind = kind
        self.asked = asked
        self.type_guard: Any = None

    @classmethod
    def of(cls, value: Any, source: Source, kind: Any, asked: Asked) -> LateVariable:
        """The late tracker of ``value``, which is at ``source``."""
        return cls(LazyCache(value, source), kind=kind, asked=asked, source=source)

    @property
    def example(self) -> Any:
        """The value at hand; another may come next."""
        return self.asked.value

    def rely_on_type(self) -> None:
        """Have the type guarded; asked at every use, as torch may have dropped what stood."""
        if self.type_guard is None:
            self.type_guard = self.original_source().make_guard(GuardBuilder.TYPE_MATCH)
        install_guard(self.type_guard, skip=1)

    def rely_on_presence(self) -> None:
        """Have guarded that it is there, as it is loaded again when the graph has run.

        What it is then makes no difference, unless it is a container: the trace may have read
        parts of that.
        """
        if self.kind.holds:
            self.rely_on_type()
        else:
            install_guard(self.original_source().make_guard(PRESENT), skip=1)

    def realize(self) -> VariableTracker:
        if self.is_realized():
            return super().realize()
        source = self.original_source()
        tracker = super().realize()
        if tracker.source != source and self.kind.is_one_of_few:
            # torch has no guard that a local and a global are one object
            install_guard(source.make_guard(GuardBuilder.ID_MATCH), skip=1)
        return tracker


def is_late(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a late value that nothing has depended on yet."""
    return type(tracker) is LateVariable and not tracker.is_realized()


def waits(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a late value, text or result that nothing depends on yet."""
    return type(tracker) in _WAITING and not tracker.is_realized()


def any_waits(trackers: Iterable[Any]) -> bool:
    """Whether any of ``trackers`` does; most calls have none, which C code finds out."""
    if _WAITING.isdisjoint(map(type, trackers)):
        return False
    return any(map(waits, trackers))
