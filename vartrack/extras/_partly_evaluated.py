"""Objects that are traced, apart from methods that torch cannot trace: those are evaluated."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.record import RecordVariable, RecordVisitor
from vartrack.bases.tracing.contents.content_guard import ContentGuard
from vartrack.bases.tracing.evaluating.callbacks import evaluate_seen
from vartrack.bases.tracing.evaluating.folding import result_tracker
from vartrack.bases.tracing.known.operands import calling

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["PartlyEvaluated", "PartlyEvaluatedVariable"]


class PartlyEvaluatedVariable(RecordVariable):
    """An object of which some attributes and methods are evaluated, under a guard on the whole.

    Args:
        value: the object.
        visitor: what says which.
        options: ``content``, the guard on what they depend on, and what a record takes.
    """

    _nonvar_fields = {"content", "filled", "visitor", *RecordVariable._nonvar_fields}

    def __init__(
        self,
        value: Any,
        *args: Any,
        visitor: type[PartlyEvaluated] | None = None,
        content: ContentGuard | None = None,
        **options: Any,
    ) -> None:
        super().__init__(value, *args, **options)
        self.visitor = visitor or PartlyEvaluated
        self.content = content
        #: What the traced code has put into caches.
        self.filled: dict[str, VariableTracker] = {}

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in self.visitor.caches:
            # whether it is filled needs no guard, as filling it again gives the same
            return self.filled.get(name) or ConstantVariable.create(None)
        if self.evaluates(tx, name):
            if callable(getattr(type(self.value), name)):
                return GetAttrVariable(self, name, py_type=types.MethodType)
            return self.evaluate(tx, name, lambda: getattr(self.value, name))
        return super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__setattr__" and args[0].as_python_constant() in self.visitor.caches:
            self.filled[args[0].as_python_constant()] = args[1]
            return ConstantVariable.create(None)
        if self.evaluates(tx, name):
            call = calling(tx, name, args, kwargs)
            if call is not None:
                return self.evaluate(tx, name, lambda: call(getattr(self.value, name)))
        return super().call_method(tx, name, args, kwargs)

    def evaluates(self, tx: Any, name: str) -> bool:
        """Whether ``name`` is evaluated; other versions of a class may lack it, as any other."""
        listed = name in self.visitor.evaluated and hasattr(type(self.value), name)
        return listed and self.is_as_it_came(tx)

    def is_as_it_came(self, tx: Any) -> bool:
        """Whether the guard on the object says all that evaluating depends on."""
        changed = self.is_new or tx.output.side_effects.has_pending_mutation(self)
        return self.content is not None and not changed

    def evaluate(self, tx: Any, name: str, function: Callable[[], Any]) -> VariableTracker:
        """What ``function`` gives, evaluated now under the guard on the whole."""
        assert self.content is not None
        self.content.install()
        what = f"{type(self.value).__qualname__}.{name}"
        return result_tracker(tx, what, evaluate_seen(tx, what, function), function)


class PartlyEvaluated(RecordVisitor, abstract=True):
    """For objects of exactly one class that are traced, apart from a few attributes and methods.

    Attributes:
        evaluated: the names of what is evaluated; it changes nothing.
        key: what that depends on.
        caches: the names of attributes that are None until the object fills them while it is
            read, which is no change.
    """

    exact = True
    record_class = PartlyEvaluatedVariable
    evaluated: ClassVar[frozenset[str]] = frozenset()
    key: ClassVar[Any] = None
    caches: ClassVar[frozenset[str]] = frozenset()

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        kind = type(self)
        content = ContentGuard(ctx, self, value, kind.key) if kind.evaluated else None
        return kind.record_class(value, children, visitor=kind, content=content, **options)
