"""`make`: calls a constructor of torch's with those options that it takes on the running torch.

What a tracker is made of changes between releases: an option comes, another goes. Whether one is
there is asked of the signature, not of the version, so a visitor says all it knows once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

from torch._dynamo.source import (
    AttrSource,
    DictGetItemSource,
    GetItemSource,
    TypeDictSource,
    TypeMROSource,
)
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable, UserMethodVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import ListVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.compat import behaviour
from vartrack.compat.names import OpaqueObjectVariable

__all__ = [
    "attribute",
    "bound_method",
    "build_now",
    "by_name",
    "lazy",
    "make",
    "opaque_object",
    "place_on_class",
    "run_through",
    "takes",
]


@functools.cache
def takes(function: Callable[..., Any], name: str) -> bool:
    """Whether ``function``, or for a class some ``__init__`` in its MRO, names a parameter so."""
    inits: list[Any] = [vars(base).get("__init__") for base in getattr(function, "__mro__", ())]
    asked: list[Any] = [init for init in inits if inspect.isfunction(init)] or [function]
    return any(name in inspect.signature(each).parameters for each in asked)


def make(function: Callable[..., Any], *args: Any, if_taken: dict[str, Any], **options: Any) -> Any:
    """``function(*args, **options)``, with those of ``if_taken`` that it takes on this torch."""
    taken = {name: value for name, value in if_taken.items() if takes(function, name)}
    return function(*args, **taken, **options)


_signature = functools.cache(inspect.signature)


def by_name(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """What ``function`` is called with: on which place it takes it depends on the release."""
    return _signature(function).bind(*args, **kwargs).arguments


def _lazy(value: Any, source: Any, *, tx: Any) -> VariableTracker:
    return LazyVariableTracker.create(value, source, tx=tx)


def _lazy_by_current_tracer(value: Any, source: Any, *, tx: Any) -> VariableTracker:
    return LazyVariableTracker.create(value, source)


#: ``lazy(value, source, tx=tx)``: a tracker that builds ``value`` when it is first needed. Up to
#: 2.12 it asks torch itself which tracer is at work. A function of torch's that is looked up at
#: every call, as a registry may have something around it.
lazy: Callable[..., VariableTracker] = (
    _lazy if takes(LazyVariableTracker.create, "tx") else _lazy_by_current_tracer
)


def opaque_object(tx: Any, proxy: Any, value: Any, **options: Any) -> VariableTracker:
    """The tracker of an object that is opaque to the graph, where ``proxy`` stands for it."""
    tracker: VariableTracker = make(
        OpaqueObjectVariable.create, proxy, value, if_taken={"tx": tx}, **options
    )
    return tracker


def attribute(owner: VariableTracker, name: str, value: Any) -> VariableTracker:
    """The tracker of ``value``, a method or class that is the attribute ``name`` of ``owner``."""
    if behaviour.TELLS_KIND_OF_ATTRIBUTE:
        return GetAttrVariable(owner, name, py_type=type(value))
    return GetAttrVariable(owner, name)


def build_now(tx: Any, value: Any, source: Any) -> VariableTracker:
    """The tracker of ``value``, and not one that builds it later."""
    if takes(VariableTracker.build, "realize"):
        # which builds no late value, as that is none of torch's
        return VariableTracker.build(tx, value, source, realize=True).realize()
    return VariableTracker.build(tx, value, source).realize()


def bound_method(
    function: FunctionType, receiver: VariableTracker, source: Any = None
) -> UserMethodVariable:
    """A method that is not looked up: ``function`` bound to ``receiver``.

    Args:
        function: what is called.
        receiver: what it is called with first.
        source: where the method is, if what it reads is to have guards.
    """
    if behaviour.METHODS_HOLD_TRACKERS:
        place = None if source is None else AttrSource(source, "__func__")
        held: Any = UserFunctionVariable(function, source=place)
        return UserMethodVariable(held, receiver, source=source)
    return UserMethodVariable(function, receiver, source=source)


def place_on_class(tracker: Any, tx: Any, name: str) -> Any:
    """Where the dict is that has ``name`` of the class that ``tracker`` stands for, or is one of.

    Up to 2.12 torch knows that of objects alone. Which class it is must be guarded elsewhere.
    """
    walk = getattr(tracker, "get_source_by_walking_mro", None)
    if walk is not None:
        return walk(tx, name) if takes(walk, "tx") else walk(name)
    mro = tracker.value.__mro__
    number = next(number for number, cls in enumerate(mro) if name in cls.__dict__)
    cls_source = GetItemSource(TypeMROSource(tracker.source), number) if number else tracker.source
    return DictGetItemSource(TypeDictSource(cls_source), name)


def run_through(tx: Any, iterator: Any) -> VariableTracker:
    """A list of what an iterator gives. Up to 2.12 `list` asks one for its source first."""
    unpack = getattr(iterator, "force_unpack_var_sequence", None)
    if unpack is not None:
        return ListVariable(unpack(tx), mutation_type=ValueMutationNew())
    items: VariableTracker = VariableTracker.build(tx, list).call_function(tx, [iterator], {})
    return items
