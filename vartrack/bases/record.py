"""`RecordVisitor`: objects made of named fields, each built on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.halves import Sourced
from vartrack.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.context import BuilderContext

__all__ = ["RecordVariable", "RecordVisitor"]


class RecordVariable(UserDefinedObjectVariable):
    """An object whose fields have trackers, however the class stores them."""

    _nonvar_fields = {"fields", *UserDefinedObjectVariable._nonvar_fields}

    def __init__(self, value: Any, fields: dict[str, VariableTracker], **options: Any) -> None:
        super().__init__(value, **options)
        self.fields = fields

    def var_getattr(self, tx: Any, name: str) -> VariableTracker:
        field = self.fields.get(name)
        if field is None or tx.output.side_effects.has_pending_mutation_of_attr(self, name):
            return super().var_getattr(tx, name)
        return field

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        if name in self.fields:
            from torch._dynamo.variables.constant import ConstantVariable

            return ConstantVariable.create(True)
        return super().call_obj_hasattr(tx, name)


class RecordVisitor(Sourced, Visitor, abstract=True):
    """For objects made of fields: a tensor field is a graph input, others have their own guards.

    Set ``types`` and ``fields``. The class is guarded; methods written in Python are traced.

    Attributes:
        fields: the names, or a static method from the value to the names.

    .. versionadded:: 0.1
    """

    one_half = "a record made while tracing is traced through its constructor"
    fields: ClassVar[tuple[str, ...] | Callable[[Any], Iterable[str]]] = ()
    guarded_by = "TYPE_MATCH"
    tracked = "existing"

    def children(self, ctx: BuilderContext, value: Any) -> dict[str, VariableTracker]:
        names = self.fields(value) if callable(self.fields) else self.fields
        children = {}
        for name in names:
            try:
                part = getattr(value, name)
            except AttributeError:
                ctx.unsupported(
                    "vartrack: a record lacks a field",
                    explanation=f"{type(value).__qualname__} has no field {name!r}, which "
                    f"{self.name} lists.",
                    hints=[f"List in {self.name}.fields what every value has, or pass a function."],
                )
            children[name] = ctx.attr(name).lazy(part)
        return children

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return RecordVariable(value, children, **options)
