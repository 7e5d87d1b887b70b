"""Methods of builtin objects, as ``items.append``: torch asks those of a copy of the object."""

from __future__ import annotations

from collections.abc import Callable
from types import (
    BuiltinMethodType,
    MethodDescriptorType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any

from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import (
    LAZY,
    BoundBuiltinMethodVariable,
    CallMethodVariable,
    MethodWrapperVariable,
)
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = [
    "TRACKERS",
    "WATCHERS",
    "is_bound_in_c",
    "is_method_in_c",
    "name_in",
    "source_of",
    "unbuilt_method",
]

#: The trackers of methods from outside, of which torch since 2.13 keeps the object.
_FROM_OUTSIDE: tuple[type, ...] = (
    ()
    if BoundBuiltinMethodVariable is None
    else (BoundBuiltinMethodVariable, MethodWrapperVariable)
)
#: What they stand for.
_BOUND_TYPES: tuple[type, ...] = (BuiltinMethodType, MethodWrapperType) if _FROM_OUTSIDE else ()
#: What the others of these types are functions of.
_FUNCTIONS_OF = (ModuleType, type, type(None))
#: Those, and the trackers of attributes that torch has nothing better for.
TRACKERS: tuple[type, ...] = (
    GetAttrVariable,
    *(cls for cls in (CallMethodVariable,) if cls is not None),
    *_FROM_OUTSIDE,
)
_METHODS = (MethodDescriptorType, WrapperDescriptorType)
#: What gives a number or a text, in which the object is, and not what it holds.
_FUNCTIONS: tuple[Any, ...] = (hash, str, repr, ascii)


def _is_method(tracker: Any) -> bool:
    return issubclass(type(tracker), TRACKERS)  # `isinstance` would build what is lazy


def source_of(tracker: Any) -> Source | None:
    """Where the method comes from: torch 2.15 does not say it of one of a dict."""
    if tracker.source is not None or not _is_method(tracker) or tracker.obj.source is None:
        source: Source | None = tracker.source
        return source
    return AttrSource(tracker.obj.source, name_in(tracker))


def name_in(tracker: Any) -> str:
    """What the method that ``tracker`` stands for is called."""
    if issubclass(type(tracker), _FROM_OUTSIDE):
        return tracker.descriptor.__name__  # type: ignore[no-any-return]
    name: str = tracker.name if isinstance(tracker, GetAttrVariable) else tracker.method_name
    return name


def is_bound_in_c(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a method of a builtin object."""
    if not _is_method(tracker):
        return False
    try:
        found = find(tracker.obj.python_type(), name_in(tracker))
    except NotImplementedError:
        return False
    return found is not None and isinstance(found[1], _METHODS)


def unbuilt_method(tracker: Any) -> Any:
    """The method that ``tracker`` will stand for, if it is not built yet; None of anything else."""
    if type(tracker) not in LAZY or waits(tracker) or tracker.is_realized():
        return None
    value = tracker.original_value()
    if type(value) not in _BOUND_TYPES or issubclass(type(value.__self__), _FUNCTIONS_OF):
        return None
    return value


def is_method_in_c(tracker: Any) -> bool:
    """The same as `is_bound_in_c`, for which nothing is built but such a method."""
    return unbuilt_method(tracker) is not None or is_bound_in_c(tracker.unwrap())


def _answered(ledger: Ledger, tracker: Any, ask: Callable[[Any], Any]) -> Any:
    """What ``ask`` says of the method itself; None if that is not known."""
    source = source_of(tracker) if is_bound_in_c(tracker) else None
    name = name_of(source)
    found = None if name is None else ledger.values_of([source])
    if found is None:
        return None
    text = f"the {ask.__name__} of {name}"
    ledger.sourced.asked("texts", (ask.__name__, name), text, [source], ask)
    return ConstantVariable.create(ask(found[0]))


def _called(
    ledger: Ledger, own: Callable[..., Any], builtin: Any, tx: Any, args: Any, kwargs: Any
) -> Any:
    """``hash(items.append)``."""
    answer = _answered(ledger, args[0], builtin.fn) if len(args) == 1 and not kwargs else None
    return own(builtin, tx, args, kwargs) if answer is None else answer


def _formatted(
    ledger: Ledger, own: Callable[..., Any], tx: Any, form: Any, conversion: int
) -> None:
    """``f"{items.append}"``: its text is one whichever conversion is meant."""
    text = _answered(ledger, tx.stack[-1], str)
    if text is None:
        own(tx, form, conversion)
        return
    tx.stack[-1] = text
    own(tx, form, 0)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable,
        "call_function",
        "texts",
        instead=_called,
        subclasses=False,
        of=_FUNCTIONS,
    ),
    Watcher(InstructionTranslatorBase, "_format_value", "texts", instead=_formatted),
)
