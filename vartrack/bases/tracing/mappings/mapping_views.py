"""`MappingViewVariable`: the keys, values or items of a mapping, as code in C gives them."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListIteratorVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.objects.opaque_variable import OpaqueVariable

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["VIEWS", "MappingViewVariable"]

#: The methods of a mapping that give a view of it.
VIEWS = ("keys", "values", "items")


class MappingViewVariable(OpaqueVariable):
    """A view: it can be gone through, counted and passed on. Any other use breaks the graph.

    Args:
        mapping: the tracker of what it is a view of.
        kind: the method that gives it.
        cls: the type of the view.
        parts: what it shows.
    """

    _nonvar_fields = {"kind", *OpaqueVariable._nonvar_fields}

    def __init__(
        self,
        mapping: VariableTracker,
        kind: str,
        cls: type,
        parts: list[VariableTracker],
        **options: Any,
    ) -> None:
        super().__init__(cls, **options)
        self.mapping = mapping
        self.kind = kind
        self.parts = parts

    def use(self, what: str) -> Any:
        refuse(
            f"{self.cls.__module__}.{self.cls.__qualname__}",
            f"is a view that can only be gone through, but the function uses it ({what})",
            f"Make a list or a set of it first, such as list(value.{self.kind}()).",
        )

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        if has_on_class(self.cls, name):
            return ConstantVariable.create(True)
        return super().call_obj_hasattr(tx, name)

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name == "__iter__" and has_on_class(self.cls, name):
            return GetAttrVariable(self, name, py_type=types.MethodType)
        return super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__iter__" and not args and not kwargs:
            return self.tp_iter_impl(tx)
        return super().call_method(tx, name, args, kwargs)

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.mapping)
        codegen.load_method(self.kind)
        codegen.call_method(0)

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        return ListIteratorVariable(list(self.parts), mutation_type=ValueMutationNew())

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return list(self.parts)

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        return VariableTracker.build(tx, len(self.parts))

    mp_length_impl = sq_length_impl
