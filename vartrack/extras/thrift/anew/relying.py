"""Which classes a trace relies on by identity: those that have a tracker of their own."""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import is_from_closure_source
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable, UserMethodVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack import session
from vartrack.bases.tracing.classes.plain import are_plain
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.instructions import Instructions
from vartrack.compat.names import NamedTupleVariable
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release
from vartrack.extras.thrift.late.late_variable import is_late

if TYPE_CHECKING:
    from vartrack.core.wrapping.wrappers import Table

__all__ = ["HOOKS", "called_super", "relied_on"]

#: Under what a compile keeps the ids of the classes; all of them, if it is there as None.
_BY_IDENTITY = "classes by identity"


def relied_on(compile: Any) -> set[int] | None:
    """The ids of the classes on which the trace relied by identity; None if it may be all."""
    found: set[int] | None = compile.notes.get(_BY_IDENTITY, set())
    return found


def _note(cls: type | None) -> None:
    """Note that it matters which class ``cls`` is; of all classes, if there is none."""
    try:
        compile = session.compile_of(InstructionTranslator.current_tx())
    except AttributeError:
        return  # nothing is being traced
    if compile is None:
        return
    if cls is None:
        compile.notes[_BY_IDENTITY] = None
    elif (noted := compile.notes.setdefault(_BY_IDENTITY, set())) is not None:
        noted.add(id(cls))


def _tracked(own: Callable[..., None]) -> Callable[..., None]:
    """A class with a tracker may be returned, called, or held against another."""

    @functools.wraps(own)
    def init(self: Any, value: Any, *args: Any, **options: Any) -> None:
        if type(self) is not ClassForSuper:
            _note(value)
        own(self, value, *args, **options)

    return init


class ClassForSuper(UserDefinedClassVariable):
    """The class with which ``super()`` was called: where among the bases of an object to go on.

    Args:
        value: the class.
        options: what else a tracker takes.
    """


def called_super(cls: Any, of: VariableTracker) -> SuperVariable | None:
    """What ``super(cls, of)`` gives for a late class; None if it matters which one it is.

    It does not where the function has it in a cell, which is part of what its class is.
    """
    if not (is_late(cls) and isinstance(cls.example, type)):
        return None
    source = cls.original_source()
    if not is_from_closure_source(source):
        return None
    return SuperVariable(ClassForSuper(cls.example, source=source), of.realize())


def _made(own: Callable[..., None]) -> Callable[..., None]:
    """A named tuple that does not come from outside is made of its class by the graph."""

    @functools.wraps(own)
    def init(self: Any, *args: Any, **options: Any) -> None:
        own(self, *args, **options)
        if self.source is None:
            _note(self.tuple_cls)

    return init


def _asked(own: Callable[..., Any]) -> Callable[..., Any]:
    """``isinstance`` and ``issubclass``: an abstract class may have been told of the very class."""

    @functools.wraps(own)
    def call(self: Any, tx: Any, value: Any, cls: VariableTracker, *args: Any) -> Any:
        if not are_plain(cls):
            _note(None)
        return own(self, tx, value, cls, *args)

    return call


def _told_apart(own: Callable[..., Any]) -> Callable[..., Any]:
    """What hashes or compares a function: those of a class are made with it."""

    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        _note(None)
        return own(*args, **options)

    return call


def _is_op(tx: Any, inst: Any) -> bool:
    """``a is b``: as above."""
    left, right = tx.stack[-2:]
    if type(right) is ConstantVariable:
        return False  # as in ``a is None``, as most are: which function it is makes no difference
    if _is_function(left) or _is_function(right):
        _note(None)
    return False  # torch does the rest


def _with_operands(tx: Any, inst: Any) -> bool:
    """``a + b``: whose method is asked first depends on whether both have the same class."""
    left, right = tx.stack[-2:]
    if type(left) in _OF_NO_CLASS or type(right) in _OF_NO_CLASS:
        return False  # as most are
    # what is no literal torch builds too
    operands = [
        each.realize() if type(each) is LazyVariableTracker else each.unwrap()
        for each in (left, right)
    ]
    if any(waits(each) and each.kind.holds for each in operands):
        return False  # a container of Python's own
    if all(issubclass(type(each), UserDefinedObjectVariable) for each in operands):
        for each in operands:
            _note(each.python_type())
    return False


#: Trackers of what has no class that a program could make anew.
_OF_NO_CLASS = frozenset({ConstantVariable, TensorVariable, SymNodeVariable})


def _is_function(tracker: VariableTracker) -> bool:
    if isinstance(tracker, LazyVariableTracker) and not tracker.is_realized():
        return isinstance(tracker.original_value(), FunctionType)
    return isinstance(tracker.unwrap(), UserFunctionVariable)


#: By the names of all releases what hashes a tracker, or compares it with another.
_TELLING = ("hash_impl", "get_python_hash", "richcompare_impl", "is_python_equal")

#: What notes them.
HOOKS: tuple[Table, ...] = (
    Wrappers(
        (UserDefinedClassVariable, "__init__", _tracked),
        (NamedTupleVariable, "__init__", _made),
        (BuiltinVariable, "call_isinstance", _asked),
        (BuiltinVariable, "call_issubclass", _asked),
        *in_this_release(
            *(
                (cls, name, _told_apart)
                for cls in (UserFunctionVariable, UserMethodVariable)
                for name in _TELLING
            )
        ),
    ),
    Instructions(
        IS_OP=_is_op,
        **{
            name: _with_operands
            for name in dis.opmap
            if name in ("COMPARE_OP", "CONTAINS_OP") or name.startswith(("BINARY_", "INPLACE_"))
        },
    ),
)
