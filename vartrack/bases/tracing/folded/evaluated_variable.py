"""`EvaluatedVariable`: a known value whose methods are evaluated, or traced if the user's."""

from __future__ import annotations

import contextlib
import itertools
import types
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any

import torch
from torch._dynamo import exc
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.again.results import result_again
from vartrack.bases.tracing.classes.lacking import lacks, raising
from vartrack.bases.tracing.classes.own_code import (
    has_findable_globals,
    is_mixin,
    is_own_code,
    written_in_python,
)
from vartrack.bases.tracing.contents.computed_numbers import item_at, number_of
from vartrack.bases.tracing.evaluating.attempts import (
    attempt,
    is_traceable,
    is_traced_instead,
    trace_instead,
)
from vartrack.bases.tracing.evaluating.folding import (
    LONGEST_ITERATOR,
    evaluate,
    items_of,
    result_tracker,
)
from vartrack.bases.tracing.filled.own_caches import guarding_caches
from vartrack.bases.tracing.folded.traced_code import trace_method
from vartrack.bases.tracing.known.addresses import TEXTS, has_address
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.known.operands import calling
from vartrack.bases.tracing.mappings.mapping_views import VIEWS, MappingViewVariable
from vartrack.bases.tracing.objects.merging import items_given
from vartrack.core.user_code.held import Held

__all__ = ["EvaluatedVariable"]

_FUNCTIONS = (types.FunctionType, types.WrapperDescriptorType)
_IN_PYTHON = (types.FunctionType, staticmethod, classmethod)
#: What the methods give that Python calls for a result of one type.
_GIVES: dict[str, type] = {
    "__bool__": bool,
    "__float__": float,
    "__format__": str,
    "__hash__": int,
    "__index__": int,
    "__int__": int,
    "__len__": int,
    "__repr__": str,
    "__str__": str,
}


class EvaluatedVariable(KnownVariable):
    """A known value, with the ways to the result of a use of it.

    .. versionadded:: 0.2
    """

    def run(self, what: str, function: Callable[[Any], Any], subject: Any) -> Any:
        own = written_in_python(self.of_class(what))
        if own is None or self.content is None or self.changeable or not is_own_code(own):
            return super().run(what, function, subject)
        with guarding_caches(self.content, own):
            return super().run(what, function, subject)

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        """The tracker of ``result``, which ``function`` of the subject gave."""
        if result is self.example:
            return self
        if what in VIEWS and isinstance(result, (KeysView, ValuesView, ItemsView)):
            held = Held(self.example)
            try:
                shown = items_of(tx, self.text(what), iter(result))
            finally:
                changed = held.put_back()
            if changed:
                self.refuse_change(what)
            return MappingViewVariable(self, what, type(result), shown)
        try:
            subject = self.subject()
            return result_tracker(tx, self.text(what), result, lambda: function(subject), place)
        except exc.Unsupported:
            self.refused = True
            raise

    def fold(self, tx: Any, what: str, function: Callable[[Any], Any]) -> VariableTracker:
        """The tracker of ``function(value)``, evaluated now, or traced if the user wrote it."""
        own = self.own_method(what)
        if own is not None:
            result = self.trace_own(tx, what, own, (), {})
            if what not in _GIVES or result.python_type() is _GIVES[what]:
                return result
        if lacks(type(self.example), what):
            evaluate(tx, self.text(what), lambda: function(self.example))  # raises, as a rule
        number = number_of(self, tx, what)
        if number is not None:
            return number
        again = result_again(self, tx, what, _called_with_nothing(function))
        if again is not None:
            return again
        with self.or_traced(tx, what):
            return self.tracked(tx, what, self.evaluated(tx, what, function), function)

    def raise_if_lacking(self, tx: Any, what: str) -> None:
        """Raise what ``what`` of any value of this type raises, if the type has no such method."""
        if lacks(type(self.example), what):
            raises = raising(what)
            evaluate(tx, self.text(what), lambda: raises(self.example))

    def fold_method(
        self, tx: Any, name: str, args: Any, kwargs: Any = None
    ) -> VariableTracker | None:
        """The result of a method; None if it must be traced, as an operand or it is a tensor."""
        own = self.own_method(name)
        if own is not None:
            return self.trace_own(tx, name, own, args, kwargs or {})
        number = None
        if not args and not kwargs:
            number = number_of(self, tx, name)
        elif name == "__getitem__" and len(args) == 1 and not kwargs:
            number = self.missing(tx, args[0]) or item_at(self, tx, args[0])
        if number is not None:
            return number
        # Python looks operators up on the type
        on_type = name.startswith("__") and isinstance(self.of_class(name), _FUNCTIONS)

        def method(value: Any) -> Any:
            return getattr(type(value), name).__get__(value) if on_type else getattr(value, name)

        return self.fold_call(tx, name, method, args, kwargs or {})

    def missing(self, tx: Any, key: VariableTracker) -> VariableTracker | None:
        """What the user's ``__missing__`` gives, if the value is a dict and has no such key."""
        own = self.own_method("__missing__")
        if own is None or self.of_class("__getitem__") is not dict.__getitem__:
            return None
        found = self.fold_method(tx, "__contains__", [key])
        if found is None or not found.is_python_constant() or found.as_python_constant():
            return None
        return self.trace_own(tx, "__missing__", own, [key], {})

    def fold_call(
        self, tx: Any, what: str, bound: Callable[[Any], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        """The result of calling ``bound(value)``; None if that must be traced.

        Args:
            tx: the tracer.
            what: the name of the method that answers.
            bound: from the value to what is called.
            args: the operands.
            kwargs: the named ones.
        """
        again = result_again(self, tx, what, bound, args, kwargs)
        if again is not None:
            return again
        call_with_operands = calling(tx, self.text(what), args, kwargs)
        if call_with_operands is None:
            return None

        def call(value: Any) -> Any:
            return call_with_operands(bound(value))

        with self.or_traced(tx, what):
            result = self.evaluated(tx, what, call)
            if isinstance(result, torch.Tensor) and isinstance(self.of_class(what), _IN_PYTHON):
                return None
            return self.tracked(tx, what, result, call)

    def trace_or_refuse(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        """The result of a method that has operands which are not known while tracing."""
        static = self.of_class(name)
        if isinstance(static, _IN_PYTHON):
            return trace_method(self, tx, name, static, args, kwargs)
        return self.refuse(name, "got an operand that is not known while tracing")

    def items_of(self, tx: Any) -> list[VariableTracker]:
        """The items of the value, each as a tracker."""
        own = self.own_method("__iter__")
        if own is not None:
            iterator = self.trace_own(tx, "__iter__", own, (), {})
            return items_given(tx, iterator)
        indexed = self.indexed_items(tx)
        if indexed is None:
            indexed = self.tuple_items(tx)
        if indexed is not None:
            return indexed
        with self.or_traced(tx, "__iter__"):
            items = self.evaluated(tx, "__iter__", _first_items)
            return items_of(tx, self.text("__iter__"), items)

    def indexed_items(self, tx: Any) -> list[VariableTracker] | None:
        """What going through a value by index gives, if the user wrote that; else None."""
        own = self.own_method("__getitem__")
        if own is None or self.of_class("__iter__") is not None:
            return None
        items: list[VariableTracker] = []
        while len(items) <= LONGEST_ITERATOR:
            index = ConstantVariable.create(len(items))
            try:
                items.append(self.trace_own(tx, "__getitem__", own, [index], {}))
            except (exc.ObservedIndexError, exc.ObservedUserStopIteration):
                exc.handle_observed_exception(tx)
                return items
        return self.refuse("__getitem__", f"gives more than {LONGEST_ITERATOR} items")

    def tuple_items(self, tx: Any) -> list[VariableTracker] | None:
        """The items of a tuple of a class in C, each guarded alone; None if it is no such tuple."""
        if self.content is None or self.of_class("__iter__") is not tuple.__iter__:
            return None
        if any(self.own_method(name) is not None for name in ("__len__", "__getitem__")):
            return None  # which going through it does not ask
        length = specialize_symnode(self.fold(tx, "__len__", len).realize()).as_python_constant()
        items = [
            self.fold_method(tx, "__getitem__", [ConstantVariable.create(i)]) for i in range(length)
        ]
        return [item for item in items if item is not None]

    # what the user wrote

    def own_method(self, name: str) -> Any:
        """What the class has under ``name``, if the user wrote it and torch can trace it."""
        static = self.of_class(name)
        if not isinstance(static, _IN_PYTHON) or name in self.impure:
            return None
        if not self.is_to_be_traced(name, written_in_python(static)):
            return None
        # torch would write down where the parts are
        return None if name in TEXTS and has_address(self) else static

    def is_to_be_traced(self, name: str, function: Any) -> bool:
        """Whether the user wrote ``function``, or the visitor lists it, and torch can trace it."""
        if type(function) is not types.FunctionType or not self.can_trace(function):
            return False
        listed = self.content is not None and name in self.content.visitor.traced
        listed = listed or is_traced_instead(function.__code__)
        return listed or is_own_code(function) or is_mixin(self.python_type(), function)

    @contextlib.contextmanager
    def or_traced(self, tx: Any, what: str) -> Iterator[None]:
        """Evaluates ``what`` in the block; if that is refused, it is traced where it can be."""
        try:
            yield
        except exc.Unsupported as error:
            function = written_in_python(self.of_class(what))
            if function is not None and what not in self.impure and self.can_trace(function):
                trace_instead(tx, function.__code__, error)
            raise

    def can_trace(self, function: types.FunctionType) -> bool:
        """Whether torch has not failed to trace ``function`` before, and would not die of it."""
        return is_traceable(function.__code__) and has_findable_globals(function)

    def trace_own(self, tx: Any, name: str, static: Any, args: Any, kwargs: Any) -> VariableTracker:
        """Trace what `own_method` gave; if torch cannot, it is evaluated when this begins anew."""
        code = getattr(static, "__func__", static).__code__
        return self.attempt(tx, code, lambda: trace_method(self, tx, name, static, args, kwargs))

    def attempt(
        self, tx: Any, code: types.CodeType, trace: Callable[[], VariableTracker]
    ) -> VariableTracker:
        """What ``trace`` gives, which traces ``code``."""
        return attempt(tx, code, trace)  # type: ignore[no-any-return]


def _called_with_nothing(function: Callable[[Any], Any]) -> Callable[[Any], Callable[[], Any]]:
    return lambda value: lambda: function(value)


def _first_items(value: Any) -> Any:
    # worked out here, where it is seen what that calls
    return iter(tuple(itertools.islice(iter(value), LONGEST_ITERATOR + 1)))


def equals_itself(value: Any) -> bool:
    """Whether ``value == value``, as far as that can be said."""
    try:
        return bool(value == value)
    except Exception:
        return True
