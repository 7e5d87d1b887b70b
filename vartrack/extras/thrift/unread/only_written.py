"""Containers from outside that are only written to, as long as nothing is read of them."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import AsPythonConstantNotImplementedError, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyCache
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.evaluating.intents import asked
from vartrack.bases.tracing.late.waiting import NOT_NEEDED
from vartrack.core.guarding.no_alias import guard_apart
from vartrack.core.sources.collected import is_collected

if TYPE_CHECKING:
    from vartrack.core.compile import Compile
    from vartrack.extras.thrift.late.late_variable import LateVariable

__all__ = ["Unread", "is_made_here", "keep_apart", "ordinary_first"]

#: The methods of torch's containers to which it is all one what is in them.
_OF_ALL = frozenset(
    {"python_type", "call_obj_hasattr", "var_getattr", "tp_getattro_impl"}
    | {"hash_impl", "is_hashable", "is_python_hashable", "_get_dict_cls_from_user_cls"}
)


class Unread(VariableTracker):
    """The tracker of a container of which only what was written is known.

    As soon as anything else is done with it, it is an ordinary one: whatever a class of these does
    not define itself, it does after that.

    Args:
        before: the container, as it was before the call.
        asked: what is asked of it, as it was before the call.
        options: what else a tracker takes.

    Attributes:
        ordinary: the class of the ordinary tracker.
        adding: the methods that write to it and read nothing of it.
        holder: what that keeps its items in.
        own_state: the attributes that an ordinary tracker has not; each class names those it adds.
        written: what was written; not there while the tracker is made.
    """

    ordinary: type[Any]
    adding: frozenset[str] = frozenset()
    holder: type[Any]
    own_state: tuple[str, ...] = ("asked", "before", "written")
    written: list[Any]
    _all_state: tuple[str, ...] = own_state
    _nonvar_fields = {"asked", "before", *VariableTracker._nonvar_fields}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        mro = cls.__mro__
        cls._all_state = tuple(name for base in mro for name in vars(base).get("own_state", ()))
        if getattr(cls, "ordinary", None) not in mro:
            return  # what several of them have in common
        for name in cls.adding:
            for prefix in ("list", "deque", "set", "dict"):
                if hasattr(cls.ordinary, f"{prefix}_{name}"):
                    setattr(cls, f"{prefix}_{name}", _by_call_method(name))
        own = _OF_ALL.union(*(vars(base) for base in mro[: mro.index(Unread) + 1]))
        for base in mro[mro.index(cls.ordinary) : mro.index(VariableTracker)]:
            for name, method in vars(base).items():
                if isinstance(method, types.FunctionType) and name not in own:
                    setattr(cls, name, ordinary_first(name))

    def __init__(self, before: Any, asked: Any, **options: Any) -> None:
        super().__init__(self.holder(), **options)
        self.before = before
        self.asked = asked
        self.written = []

    @classmethod
    def take(cls, tx: Any, late: LateVariable) -> None:
        """Have ``late``, a container from outside that nothing was read of, tracked so."""
        late.rely_on_type()
        tracker = cls(late.example, late.asked, source=late.original_source())
        cache: Any = late._cache
        cache.vt = tx.output.side_effects.track_mutable(late.example, tracker)
        del cache.value, cache.source

    @property
    def items(self) -> Any:
        """All items; the container is an ordinary one from now on."""
        if "written" not in self.__dict__:
            return self.holder()
        self.become_ordinary()
        return self.items  # who reads them may be asked what of them, now that it is ordinary

    @items.setter
    def items(self, items: Any) -> None:
        if "written" in self.__dict__:
            self.become_ordinary()
            self.items = items

    @classmethod
    def can_take(cls, example: Any) -> bool:
        """Whether ``example``, which is of the right type, can be tracked so."""
        return True

    @property
    def place(self) -> Any:
        """Where what was there before is found."""
        return self.source

    def added(self, name: str, args: list[VariableTracker]) -> list[Any] | None:
        """What a call of one of `adding` writes; None if that cannot be told."""
        raise NotImplementedError

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in self.adding and len(args) == 1 and not kwargs:
            more = self.added(name, args)
            if more is not None:
                return self.note(tx, more)
        self.become_ordinary()
        result: VariableTracker = self.call_method(tx, name, args, kwargs)
        return result

    def note(self, tx: Any, written: Iterable[Any]) -> VariableTracker:
        """Note what is written, and give what the method gives that does it."""
        tx.output.side_effects.mutation(self)
        self.written.extend(written)
        return ConstantVariable.create(None)

    def as_before(self, tx: Any) -> VariableTracker:
        """An ordinary tracker of what was there, with the guards that it has from the start."""
        trackers = tx.output.side_effects.id_to_variable
        cache = LazyCache(self.before, self.source)
        del trackers[id(self.before)]
        try:
            cache.realize()
        finally:
            trackers[id(self.before)] = self
        return cache.vt

    @staticmethod
    def write(tx: Any, tracker: VariableTracker, one: Any) -> None:
        """Write ``one`` of what was written to an ordinary tracker."""
        raise NotImplementedError

    def become_ordinary(self) -> None:
        """Read what was there, and write again what was written."""
        tx: Any = InstructionTranslator.current_tx()
        written, write = self.written, self.write
        known, read = self.__dict__, vars(self.as_before(tx))
        for name in self._all_state:
            del known[name]
        known.update({name: read[name] for name in read if name != "mutation_type"})
        self.__class__ = self.ordinary  # type: ignore[assignment]
        for one in written:
            write(tx, self, one)

    def clone(self, **options: Any) -> VariableTracker:
        """A copy, which is an ordinary one."""
        if isinstance(self, Unread):  # else what it is called with has read it
            self.become_ordinary()
        return self.clone(**options)

    def is_python_constant(self) -> bool:
        return False

    def as_python_constant(self) -> Any:
        if asked() in NOT_NEEDED:
            raise AsPythonConstantNotImplementedError(self)
        self.become_ordinary()
        return self.as_python_constant()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.written)} written)"

    debug_repr = __repr__


def is_made_here(tracker: Any) -> bool:
    """Whether ``tracker`` is of a list, tuple or dict that the traced code has made."""
    made = tracker.unwrap()
    return type(made) in _MADE and made.source is None


_MADE = (ListVariable, TupleVariable, ConstDictVariable)


def ordinary_first(name: str) -> Callable[..., Any]:
    """A method of torch's, which may hold classes against each other before it reads items."""

    def call(self: Unread, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, Unread):  # else what it is called with has read it
            self.become_ordinary()
        # what is asked of a dict may be known to the one within
        of: Any = self if hasattr(self, name) else self._base_vt  # type: ignore[attr-defined]
        return getattr(of, name)(*args, **kwargs)

    return call


def _by_call_method(name: str) -> Callable[..., VariableTracker]:
    """The method that a torch has which looks up one for each."""

    def call(self: Unread, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.call_method(tx, name, args, kwargs)

    return call


def keep_apart(tx: Any, compile: Compile, effects: Any) -> None:
    """Guard that a container that was only written to is none of the others of its type.

    Those would be told from it by their lengths, but its own is not guarded.
    """
    unread = [
        each
        for each in effects.id_to_variable.values()
        # Python makes the dict of the arguments by name for each call
        if issubclass(type(each), Unread) and not is_collected(tx.output, each.source)
    ]
    if not unread:
        return
    tracked = list(effects.id_to_variable.items())
    for ordinary in {each.ordinary for each in unread}:
        alike = [(key, each) for key, each in tracked if issubclass(type(each), ordinary)]
        if len(alike) > 1:
            values = {id(value): value for value in effects.keepalive}
            from_outside = ((key, each.source) for key, each in alike if key in values)
            guard_apart(compile, [(values[key], source) for key, source in from_outside if source])
