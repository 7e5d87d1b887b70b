"""`ResultVisitor`: objects made of fields that an operator in the graph returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.source import GlobalSource
from torch._dynamo.utils import set_example_value
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases.record import RecordVariable, check_fields
from vartrack.core.halves import Traced
from vartrack.core.visitor import Visitor
from vartrack.graph import wrap_fx_proxy

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.graph import Result

__all__ = ["ResultVisitor"]


class Remade:
    """Makes an object from its fields, without ``__init__``."""

    def __new__(cls, names: tuple[str, ...], *values: Any) -> Any:  # type: ignore[misc]
        """A new ``cls``, which is the class of the object."""
        made = object.__new__(cls)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(made, name, value)
        return made


class ResultVisitor(Traced, Visitor, abstract=True):
    """For objects that an operator of yours returns: each field is taken out in the graph.

    Set ``types`` and ``fields``. In the compiled code the object is a record like those of
    `RecordVisitor`: methods and properties written in Python are traced, fields can be set. When
    the function returns it, one with the same fields is made, without ``__init__``. So the fields
    must be all that it holds: tensors, numbers, strings, None, tuples, lists and other results.

    Attributes:
        fields: the names, or a static method from the object to the names.
        record_class: the tracker class.

    Raises:
        VisitorError: from the class statement, if ``fields`` is a string or a plain function.

    .. versionadded:: 0.1
    """

    fields: ClassVar[tuple[str, ...] | Callable[[Any], Iterable[str]]] = ()
    record_class: ClassVar[type[RecordVariable]] = RecordVariable

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_fields(cls)

    def names(self, value: Any) -> tuple[str, ...]:
        """The names of the fields of ``value``."""
        fields: Any = self.fields
        return tuple(fields(value) if callable(fields) else fields)

    def visit_traced(self, ctx: BuilderContext, result: Result) -> VariableTracker:
        tx, example = ctx.tx, result.example
        set_example_value(result.proxy.node, example)
        parts = {name: self.field(ctx, result, name) for name in self.names(example)}
        names = TupleVariable([ConstantVariable.create(name) for name in parts])
        cls = type(example)
        source = GlobalSource(tx.output.install_global_by_id("_vartrack_class", cls))
        empty = object.__new__(cls)  # the example holds tensors that are known to the graph only
        return self.record_class.new(tx, empty, parts, Remade, [names, *parts.values()], source)

    def field(self, ctx: BuilderContext, result: Result, name: str) -> VariableTracker:
        """The tracker of one field; one node takes it out."""
        part = getattr(result.example, name)
        if ConstantVariable.is_base_literal(part):
            return ConstantVariable.create(part)
        proxy = result.proxy.tracer.create_proxy("call_function", getattr, (result.proxy, name), {})
        tracker: VariableTracker = wrap_fx_proxy(ctx.tx, proxy, part)
        return tracker
