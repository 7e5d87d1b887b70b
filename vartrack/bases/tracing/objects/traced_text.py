"""`TracedText`: `str`, `repr` and `format` of objects whose methods are traced."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

from torch._dynamo import exc
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.evaluating.attempts import attempt, is_traceable
from vartrack.bases.tracing.evaluating.folding import evaluate
from vartrack.bases.tracing.evaluating.operations import Operations
from vartrack.bases.tracing.known.changed_values import has_changed
from vartrack.bases.tracing.known.identity import fix_object
from vartrack.bases.tracing.objects.in_c import InC
from vartrack.bases.tracing.objects.later_text import LaterTextVariable
from vartrack.compat.instructions import is_tried
from vartrack.core.guarding.exporting import is_exporting

__all__ = ["TracedText", "of_texts"]


class TracedText(InC):
    """Answers for texts by tracing what the class has in Python.

    torch would take the text of the object it has while tracing, or the object for a template. One
    that cannot be known while tracing, as there is a tensor in it, is made when the graph has run.
    """

    def text(self, tx: Any, *methods: str) -> VariableTracker:
        """What the first of ``methods`` that the class has in Python gives."""
        for name in methods:
            function = on_class(self.python_type(), name)
            if isinstance(function, types.FunctionType):
                return self.traced_text(tx, name, function.__code__)
            if self.in_c(name):
                break
        else:
            name = methods[0]
        try:
            return self.text_in_c(tx, name)
        except exc.Unsupported as error:
            if not self.may_be_made_later(tx):
                raise
            error.remove_from_stats()
            return LaterTextVariable.of(self, name)

    def traced_text(self, tx: Any, name: str, code: types.CodeType) -> VariableTracker:
        """What ``code`` gives, which is that of the method ``name``."""
        if not self.may_be_made_later(tx):
            return self.call_method(tx, name, [], {})
        if not is_traceable(code):
            return LaterTextVariable.of(self, name)
        return attempt(tx, code, lambda: self.call_method(tx, name, [], {}))

    def may_be_made_later(self, tx: Any) -> bool:
        """Whether a text can be made when the graph has run, of what is there then."""
        return not self.must_be_shown_now(tx, None) and not is_tried(tx) and not is_exporting(tx)

    def text_in_c(self, tx: Any, method: str) -> VariableTracker:
        """What ``method`` gives, which is not written in Python.

        That of `object` says which class it is of and where in memory: so it is of this object
        alone. Any other breaks the graph.
        """
        if self.source is not None and is_by_identity(self.python_type(), method):
            value: Any = self.value  # type: ignore[attr-defined]
            if is_by_identity(type(value), "__repr__"):
                fix_object(self.source)
                return ConstantVariable.create(object.__repr__(value))
        self.refuse(
            method,
            "is not written in Python, so that what it shows is not known",
            f"Give {self.python_type().__qualname__} a __repr__ of its own.",
        )

    def tp_str_impl(self, tx: Any) -> VariableTracker:
        return self.text(tx, "__str__", "__repr__")

    def must_be_shown_now(self, tx: Any, spec: str | None) -> bool:
        """Whether a text must not wait: torch would make it of what is there before the graph's
        changes are written, and of an object that is made here without its fields. That of
        `object` takes no format, which the program may catch."""
        refused = bool(spec) and is_by_identity(self.python_type(), "__format__")
        return refused or self.source is None or has_changed(tx)

    def formatted(self, tx: Any, spec: VariableTracker) -> VariableTracker:
        """What ``format`` gives."""
        if is_by_identity(self.python_type(), "__format__") and spec.is_python_constant():
            if spec.is_constant_match(""):
                return self.text(tx, "__str__", "__repr__")
            value: Any = self.value  # type: ignore[attr-defined]
            evaluate(tx, "__format__", lambda: format(value, spec.as_python_constant()))
        return self.call_method(tx, "__format__", [spec], {})


def _str(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return args[0].text(tx, "__str__", "__repr__")  # type: ignore[no-any-return]


def _repr(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return args[0].text(tx, "__repr__")  # type: ignore[no-any-return]


def _format(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return args[0].formatted(tx, ConstantVariable.create(""))  # type: ignore[no-any-return]


def _format_with(tx: Any, one: Any, spec: VariableTracker) -> VariableTracker:
    return one.formatted(tx, spec.realize())  # type: ignore[no-any-return]


def of_texts(tracker: type[VariableTracker], others: Iterable[Any] = ()) -> Operations:
    """What torch asks for texts of the tracker class ``tracker``, which is a `TracedText`.

    Args:
        tracker: the tracker class.
        others: more functions of two operands, each with its entry.
    """
    others = tuple(others)
    return Operations(
        tracker,
        {str: _str, repr: _repr, format: _format},
        lambda: [(format, ((tracker, VariableTracker), _format_with)), *others],
    )
