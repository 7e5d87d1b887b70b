"""`ALIKE`: the guard that the class of an object means what the class of an earlier one did."""

from __future__ import annotations

import enum
import functools
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder
from torch._guards import Guard

from vartrack.core.guarding.keys import check_at_every_call
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.anew.meaning import Meaning, Unlike, is_local, meaning
from vartrack.extras.thrift.anew.relying import relied_on
from vartrack.visitors.enums import EnumMembers
from vartrack.visitors.modules import Modules
from vartrack.visitors.objects import Objects
from vartrack.visitors.user_sequences import NamedTuples

if TYPE_CHECKING:
    from vartrack.core.compile import Compile
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.route import Route

__all__ = ["HOOKS", "Alike"]

#: Where a code keeps the classes that were met in it, by their names: in which compile, and
#: which; or None, once there was another.
_MET = "vartrack classes"
#: The visitors whose values are known by their parts, each with a guard of its own.
_VISITORS = (EnumMembers, Modules, NamedTuples, Objects)
#: Bases whose classes are often made by a call, and so have no name that says where.
_CALLED = (enum.Enum, tuple)


class Alike:
    """Asks whether the class of a value is what the one of an earlier value was.

    Args:
        cls: the class of the earlier value.
        what: what that class is.
        visitor: what took the earlier value.
        route: from a class to what takes its values.
    """

    __slots__ = ("_cls", "parts", "route", "visitor")

    def __init__(
        self, cls: type, what: Meaning, visitor: Visitor, route: Callable[[type], Route]
    ) -> None:
        self._cls = weakref.ref(cls)
        self.parts = what.parts
        self.visitor = visitor
        self.route = route

    def __call__(self, value: Any) -> bool:
        """Whether it is; looked at anew each time, as a class can be changed."""
        cls = type(value)
        if cls is self._cls():
            return True
        try:
            return bool(
                meaning(cls).parts == self.parts and self.route(cls).pick(value) is self.visitor
            )
        except Exception:
            return False


def ALIKE(builder: GuardBuilder, guard: Guard, check: Alike, name: str) -> None:
    """Have compiled code ask ``check`` of the guarded value, in the place of its type."""
    code = f"type({builder.arg_ref(guard)}) is as {name} was"
    guard.set_export_info("ALIKE", None, [code], None)
    check_at_every_call(builder.get_guard_manager(guard), check, code, guard)


#: The guards that say which class a value has; of a named tuple that says its length, too.
_ON_THE_CLASS = frozenset({"TYPE_MATCH", "SEQUENCE_LENGTH"})
_ON_ANOTHER = frozenset(
    kind
    for name, kind in vars(GuardBuilder).items()
    if type(kind) is FunctionType and name not in _ON_THE_CLASS
)


def _created(own: Callable[..., Any]) -> Callable[..., Any]:
    """Makes the part of compiled code that checks a guard."""

    @functools.wraps(own)
    def create(self: Guard, builder: Any) -> Any:
        kind = self.create_fn
        if kind in _ON_ANOTHER or (type(kind) is functools.partial and kind.func in _ON_ANOTHER):
            return own(self, builder)  # as most are
        name = kind.__name__ if type(kind) is FunctionType else self.create_fn_name()
        if name in _ON_THE_CLASS:
            graph = builder.check_fn_manager.output_graph
            compile = getattr(graph, "vartrack_compile", None)
            if compile is not None and GUARDED in compile.attached:
                value = builder.get(self)
                if not _is_of_a_package(type(value)):
                    check = _check(compile, graph, value)
                    if check is not None:
                        return ALIKE(builder, self, check, type(value).__qualname__)
        return own(self, builder)

    return create


def _is_of_a_package(cls: type) -> bool:
    """Whether ``cls`` is one of Python's or torch's, which are made once."""
    return cls.__module__ in ("builtins", "collections") or (
        cls.__module__.startswith("torch.") and not is_local(cls)
    )


def _check(compile: Compile, graph: Any, value: Any) -> Alike | None:
    """What asks about the class of ``value``; None if the guard is on the class itself."""
    cls = type(value)
    if not _was_another_met(graph, cls):
        return None
    visitor = compile.sourced[cls].pick(value)
    relied = relied_on(compile)
    if relied is None or visitor is None or not _is_by_parts(visitor):
        return None
    try:
        what = meaning(cls)
    except Unlike:
        return None
    if relied & what.classes:
        return None
    return Alike(cls, what, visitor, compile.sourced.beyond())


def _is_by_parts(visitor: Visitor) -> bool:
    """Whether ``visitor`` is one of ours that knows a value by its parts."""
    return isinstance(visitor, _VISITORS) and type(visitor).__module__.startswith("vartrack.")


def _was_another_met(graph: Any, cls: type) -> bool:
    """Whether another class of that name was met in this code before, or is there now."""
    state = getattr(graph, "frame_state", None)
    met: dict[tuple[str, str], Any] = {} if state is None else state.setdefault(_MET, {})
    name, number = _name_of(cls), str(getattr(graph, "compile_id", ""))
    if name not in met:
        met[name] = None if _has_namesake(cls) else (number, weakref.ref(cls))
    elif met[name] is not None:
        last, known = met[name]
        if known() is not cls and last != number:  # in one compile they are two kinds of things
            met[name] = None
    return met[name] is None


def _has_namesake(cls: type) -> bool:
    base = cls.__base__
    if base is None or not (is_local(cls) or base in _CALLED):
        return False
    if is_local(base):
        return _has_namesake(base)
    name = _name_of(cls)
    others: list[type] = type.__subclasses__(base)
    return any(other is not cls and _name_of(other) == name for other in others)


def _name_of(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


GUARDED = Wrappers((Guard, "create", _created))

#: What this part puts into torch while a registry with it is in force.
HOOKS: tuple[Wrappers, ...] = (GUARDED,)
