"""Attributes that the user's own code keeps results in, evaluated or traced."""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.classes.own_code import is_own_code, written_in_python
from vartrack.bases.tracing.evaluating.folding import CHANGEABLE, is_plain
from vartrack.bases.tracing.filled.keepers import keep, kept

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.bases.tracing.contents.content_guard import ContentGuard
    from vartrack.bases.tracing.folded.attributes import Attributes

__all__ = ["guarding_caches", "names_in", "puts_away"]


@contextmanager
def guarding_caches(content: ContentGuard, function: types.FunctionType) -> Iterator[None]:
    """Guard the numbers and texts that the value stores under names that ``function`` has in it.

    The key of a constant says nothing of what its methods have put away for the next time. What
    is filled in the block may be empty or filled at the next call, as the block would fill it so
    again; what was there before must be there.

    Args:
        content: the guard on what the value holds.
        function: what runs in the block.
    """
    value = content.value
    names = names_in(type(value), function)
    stored = getattr(value, "__dict__", {})
    before = {name: stored.get(name) for name in names}
    yield
    for name in sorted(names):
        item = stored.get(name)
        if item is None or not is_plain(item):
            continue
        if before[name] is None:
            content.of_answer(kept_or_empty, (name, item)).install()
        else:
            content.of_attribute(name).install()


def puts_away(tracker: Attributes, tx: Any, name: VariableTracker, item: VariableTracker) -> bool:
    """Have ``item``, a list or the like, kept if a method of the value's own fills a gap with it.

    What never changes is left to evaluating the method, which guards it better.
    """
    value, item = tracker.example, item.realize()
    cls = type(value)
    is_container = issubclass(item.python_type(), CHANGEABLE)
    if tracker.changeable or not is_container or not name.is_python_constant():
        return False
    if not is_by_identity(cls, "__setattr__") or not _is_method(cls, tx.f_code):
        return False
    attribute = name.as_python_constant()
    if getattr(value, "__dict__", {}).get(attribute) is not None:
        return False
    return kept(tracker, tx, attribute) is None and keep(tracker, tx, attribute, item)


def _is_method(cls: type, code: types.CodeType) -> bool:
    """Whether ``code`` is that of a method or property that the user wrote for ``cls``."""
    found = (written_in_python(static) for base in cls.__mro__ for static in vars(base).values())
    return any(
        type(each) is types.FunctionType and each.__code__ is code and is_own_code(each)
        for each in found
    )


def kept_or_empty(asked: tuple[str, Any], value: Any) -> Any:
    """What the value stores under a name; what it would be filled with if there is nothing."""
    name, item = asked
    held = value.__dict__.get(name)
    return item if held is None else held


def names_in(cls: type, function: types.FunctionType) -> set[str]:
    """The names of attributes that ``function``, or what it calls of ``cls``, may read or set."""
    return {*_names(cls, function, set())}


def _names(cls: type, function: types.FunctionType, met: set[types.CodeType]) -> Iterator[str]:
    """The names in ``function``, and in those of the class that it may call."""
    code = function.__code__
    if code in met:
        return
    met.add(code)
    for name in code.co_names:
        yield name
        called = written_in_python(on_class(cls, name))
        if called is not None and is_own_code(called):
            yield from _names(cls, called, met)
    # `setattr(self, "_name", ...)` and the like
    yield from (text for text in code.co_consts if isinstance(text, str) and text.isidentifier())
