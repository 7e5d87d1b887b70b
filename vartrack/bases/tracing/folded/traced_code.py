"""Code of a value's class that is traced, with its source, so that what it reads is guarded."""

from __future__ import annotations

import functools
import inspect
import types
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable

from vartrack.bases.tracing.classes.method_guard import place_of_entry
from vartrack.bases.tracing.classes.own_code import own_getter, written_in_python
from vartrack.bases.tracing.contents.stored_attributes import is_found
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.filled.keepers import keep, kept
from vartrack.core.guarding import guards

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.attributes import Attributes

__all__ = ["is_within", "own_attribute", "trace_method"]


def trace_method(
    tracker: Attributes, tx: Any, name: str, static: Any, args: Any, kwargs: Any
) -> VariableTracker:
    """The result of a method that is written in Python.

    Args:
        tracker: the value.
        tx: the tracer.
        name: the name of the method.
        static: what the class has under that name.
        args: the operands.
        kwargs: the named ones.
    """
    cls = tracker.source and TypeSource(tracker.source)
    source: Any = cls and AttrSource(cls, name)
    if isinstance(static, classmethod):
        args = [VariableTracker.build(tx, tracker.python_type(), cls), *args]
        source = source and AttrSource(source, "__func__")
    elif isinstance(static, types.FunctionType):
        args = [tracker, *args]
    return _traced(tracker, tx, getattr(static, "__func__", static), source, args, kwargs)


def _traced(
    tracker: Attributes, tx: Any, function: Any, source: Any, args: Any, kwargs: Any
) -> VariableTracker:
    tracker.guard_state()
    if source is None:
        callee: VariableTracker = UserFunctionVariable(function)
    else:
        callee = VariableTracker.build(tx, function, source)
    return callee.call_function(tx, list(args), kwargs)


def is_within(tx: Any, static: Any) -> bool:
    """Whether the method that a class has is being traced."""
    function = written_in_python(static)
    while tx is not None:
        if function is not None and tx.f_code is function.__code__:
            return True
        tx = getattr(tx, "parent", None)
    return False


def own_attribute(tracker: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """The attribute, if a property, descriptor or ``__getattr__`` to be traced gives it."""
    if type(static) is property:
        return _gotten(tracker, tx, name, static.fget, "fget")
    if type(static) is functools.cached_property:
        return _uncached(tracker, tx, name, static.func)
    if tracker.source is not None and own_getter(static) is not None:
        return _described(tracker, tx, name, static)
    getter = None if static is not None else tracker.own_method("__getattr__")
    if getter is None or is_found(tracker.example, name):
        return None
    if tracker.source is not None:
        guards.install_absence(tracker.source, tracker.example, name)
    return tracker.trace_own(tx, "__getattr__", getter, [ConstantVariable.create(name)], {})


def _gotten(
    tracker: Attributes, tx: Any, name: str, getter: Any, part: str
) -> VariableTracker | None:
    """What the function of a property gives, which is its attribute ``part``."""
    if not tracker.is_to_be_traced(name, getter):
        return None
    place: Any = tracker.source and AttrSource(AttrSource(TypeSource(tracker.source), name), part)
    return tracker.attempt(
        tx, getter.__code__, lambda: _traced(tracker, tx, getter, place, [tracker], {})
    )


def _described(tracker: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """What a descriptor of the user's gives."""
    getter: Any = own_getter(static)
    if not tracker.is_to_be_traced(name, getter):
        return None
    cls = tracker.python_type()
    if not inspect.isdatadescriptor(static):
        guards.install_absence(tracker.source, tracker.example, name)
    place = place_of_entry(tracker.source, cls, name)
    owner = TypeSource(tracker.source)

    def trace() -> VariableTracker:
        operands = [
            VariableTracker.build(tx, static, place),
            tracker,
            VariableTracker.build(tx, cls, owner),
        ]
        return _traced(tracker, tx, getter, AttrSource(TypeSource(place), "__get__"), operands, {})

    return tracker.attempt(tx, getter.__code__, trace)


def _uncached(tracker: Attributes, tx: Any, name: str, getter: Any) -> VariableTracker | None:
    """What a cached property gives that is not filled yet."""
    before = kept(tracker, tx, name)
    if before is not None:
        return before
    result = _gotten(tracker, tx, name, getter, "func")
    if result is None:
        return None
    result = result.realize()
    is_plain = result.is_python_constant() or result.is_symnode_like()
    if not keep(tracker, tx, name, result) and not is_plain:
        refuse(tracker.text(name), "makes an object that is kept for the next time")
    return result
