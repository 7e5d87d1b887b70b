"""Subclasses of `OrderedDict` and `defaultdict`, whose methods in C know which class they are of.

torch traces these methods for the two classes themselves, and loses the class of the user's.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import UserFunctionVariable

from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.objects.reducing import reduced
from vartrack.bases.tracing.objects.traced_text import TracedText, of_texts

__all__ = ["OPERATIONS", "StandardDictVariable", "knowing_class"]


class StandardDictVariable(TracedText):
    """A base of their trackers, before torch's own: what their methods do is traced in Python."""

    def in_python(self, name: str) -> Callable[..., Any] | None:
        """What the method ``name`` does, if the class has it from the standard library."""
        cls = self.python_type()
        for base, methods in _METHODS.items():
            if issubclass(cls, base) and on_class(cls, name) is on_class(base, name):
                return methods.get(name)
        return None

    def is_python_constant(self) -> bool:
        return self.python_type() in _METHODS and super().is_python_constant()

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__reduce_ex__" and is_by_identity(self.python_type(), name):
            parts = reduced(self, tx)
            assert parts is not None, "a dict has items"
            return parts
        function = self.in_python(name)
        if function is None:
            return super().call_method(tx, name, args, kwargs)
        return UserFunctionVariable(function).call_function(tx, [self, *args], kwargs)  # type: ignore[arg-type]

    def text_in_c(self, tx: Any, method: str) -> VariableTracker:
        if self.in_python("__repr__") is None:
            return super().text_in_c(tx, method)
        return self.call_method(tx, "__repr__", [], {})

    def nb_or_impl(self, tx: Any, other: VariableTracker, reverse: bool = False) -> VariableTracker:
        name = "__ror__" if reverse else "__or__"
        if self.in_python(name) is None:
            return super().nb_or_impl(tx, other, reverse)  # type: ignore[misc,no-any-return]
        return self.call_method(tx, name, [other], {})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPERATIONS.add_class(cls)


OPERATIONS = of_texts(StandardDictVariable)


@functools.cache
def knowing_class(tracker: type[VariableTracker]) -> type[VariableTracker]:
    """A tracker class of torch's for such dicts, with that before it."""
    # torch's metaclass would say that the class is one of its own
    named = {"__module__": __name__}
    return type(f"Own{tracker.__name__}", (StandardDictVariable, tracker), named)


# all that follows is traced


def _with_items(value: Any) -> Any:
    new = type(value)()
    for key in value:
        new[key] = value[key]
    return new


def _with_factory(value: Any) -> Any:
    return type(value)(value.default_factory, value)


def _updated(new: Any, other: Any) -> Any:
    new.update(other)
    return new


def _joined(value: Any, other: Any) -> Any:
    return _updated(type(value)(value), other) if isinstance(other, dict) else NotImplemented


def _joined_to(value: Any, other: Any) -> Any:
    return _updated(type(value)(other), value) if isinstance(other, dict) else NotImplemented


def _joined_with_factory(value: Any, other: Any) -> Any:
    return _updated(value.copy(), other) if isinstance(other, dict) else NotImplemented


def _joined_to_with_factory(value: Any, other: Any) -> Any:
    if not isinstance(other, dict):
        return NotImplemented
    return _updated(type(value)(value.default_factory, other), value)


def _missing(value: Any, key: Any) -> Any:
    if value.default_factory is None:
        raise KeyError(key)
    value[key] = made = value.default_factory()
    return made


def _shown_as_pairs(value: Any) -> str:
    return f"{type(value).__name__}({list(value.items())!r})" if len(value) else _shown_empty(value)


def _shown_as_dict(value: Any) -> str:
    return f"{type(value).__name__}({dict(value.items())!r})" if len(value) else _shown_empty(value)


def _shown_empty(value: Any) -> str:
    return f"{type(value).__name__}()"


def _shown_with_factory(value: Any) -> str:
    return f"{type(value).__name__}({value.default_factory!r}, {dict(value.items())!r})"


#: Python 3.12 and up show a dict.
_SHOWS_PAIRS = "[" in repr(collections.OrderedDict(a=1))
_METHODS: dict[type, dict[str, Callable[..., Any]]] = {
    collections.OrderedDict: {
        "__or__": _joined,
        "__repr__": _shown_as_pairs if _SHOWS_PAIRS else _shown_as_dict,
        "__ror__": _joined_to,
        "copy": _with_items,
    },
    collections.defaultdict: {
        "__copy__": _with_factory,
        "__missing__": _missing,
        "__or__": _joined_with_factory,
        "__repr__": _shown_with_factory,
        "__ror__": _joined_to_with_factory,
        "copy": _with_factory,
    },
}
