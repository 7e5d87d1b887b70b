"""Attributes that a value stores, as opposed to computing them, and what guards those."""

from __future__ import annotations

import collections
import functools
import inspect
import types
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import install_guard

from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c
from vartrack.bases.tracing.evaluating.folding import evaluate
from vartrack.compat.instructions import is_tried
from vartrack.core.guarding import guards
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.guarding.keys import KEY_MATCH, KeyCheck
from vartrack.core.user_code.stored import instance_dict

if TYPE_CHECKING:
    from torch._guards import Guard, Source

    from vartrack.bases.tracing.contents.content_guard import ContentGuard

__all__ = [
    "NOT_STORED",
    "fix_keys",
    "guard_keys",
    "has_guarded_keys",
    "hides_more",
    "holds",
    "is_empty_slot",
    "is_found",
    "need_stored",
    "stored_at",
]

#: What `stored_at` gives if there is nothing.
NOT_STORED = object()

_DICTS = (dict, collections.OrderedDict)
_SETS = (set, frozenset)
_SLOT = types.MemberDescriptorType


def stored_at(value: Any, name: str) -> Any:
    """The attribute, if reading it runs no code of the class; else `NOT_STORED`."""
    cls = type(value)
    if not reads_in_c(cls):
        return NOT_STORED
    static = inspect.getattr_static(cls, name, None)
    if isinstance(static, _SLOT):
        return NOT_STORED if is_empty_slot(value, name) else getattr(value, name)
    if inspect.isdatadescriptor(static):
        return NOT_STORED
    return getattr(value, "__dict__", {}).get(name, NOT_STORED)


def is_empty_slot(value: Any, name: str) -> bool:
    """Whether the attribute has a slot of the class, which holds nothing."""
    static: Any = on_class(type(value), name)
    if type(static) is not _SLOT:
        return False
    try:
        static.__get__(value)
    except AttributeError:
        return True
    return False


def need_stored(tx: Any, value: Any, name: str, source: Source | None) -> None:
    """Raise in the program what reading a slot that holds nothing raises, and guard that.

    Where the program may catch that, it is guarded that the attribute is there, even if what it is
    makes no difference: else it would be read after the graph, and its absence caught by nobody.

    Args:
        tx: the tracer.
        value: what is read; if its class has a ``__getattr__``, that is asked and nothing raised.
        name: the name of the attribute.
        source: where the value comes from.
    """
    cls = type(value)
    static = on_class(cls, name)
    if type(static) is functools.cached_property and source is not None:
        if holds(value, name) and not is_exporting(tx):
            guards.install_stored(source, value, name)  # else reading it would fill it
        return
    on_instances = static is None or isinstance(static, _SLOT)
    if not on_instances or not reads_in_c(cls) or on_class(cls, "__getattr__") is not None:
        return
    if is_empty_slot(value, name):
        if source is not None:
            guards.install_absence(source, value, name)
        evaluate(tx, f"{cls.__qualname__}.{name}", lambda: getattr(value, name))
    elif source is not None and is_tried(tx) and stored_at(value, name) is not NOT_STORED:
        guards.install_stored(source, value, name)


def holds(value: Any, name: str) -> bool:
    """Whether the instance dict has the attribute, whatever stands before it."""
    return bool(type(value).__dictoffset__) and name in instance_dict(value)


def is_found(value: Any, name: str) -> bool:
    """Whether the attribute is there without ``__getattr__`` being asked."""
    try:
        type(value).__getattribute__(value, name)  # type: ignore[call-arg]
    except Exception:
        return False
    return True


def has_guarded_keys(value: Any) -> bool:
    """Whether the keys of ``value``, a dict or set, and their order are all that torch misses."""
    if type(value) in _SETS:
        return not any(map(hides_more, value))
    return type(value) in _DICTS and not any(map(hides_more, value.values()))


def hides_more(value: Any, depth: int = 10) -> bool:
    """Whether ``value`` is, or has in it, something that torch's guards take for another."""
    if type(value) in (list, tuple, collections.deque):
        return not depth or any(hides_more(item, depth - 1) for item in value)
    is_zero = type(value) is float and not value
    return is_zero or isinstance(value, (dict, set, frozenset, complex))


def fix_keys(value: Any, name: str, source: Source) -> None:
    """Install that guard."""
    install_guard(of_keys(value, name, source))


def guard_keys(content: ContentGuard, name: str) -> None:
    """Guard the keys of a dict or set, and their order, on the value that holds it.

    The guards of a dict itself take none beside them.

    Args:
        content: the guard on the value.
        name: the attribute that holds it.
    """
    if name not in content.of_dicts:
        content.of_dicts[name] = of_keys(content.value, name, content.source)
    install_guard(content.of_dicts[name])


def of_keys(value: Any, name: str, source: Source) -> Guard:
    """The guard on the keys, in order, of a dict that ``value`` holds as ``name``."""
    check = KeyCheck(value, functools.partial(_keys_in_order, name))
    return source.make_guard(functools.partial(KEY_MATCH, check=check))


def _keys_in_order(name: str, value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name))
