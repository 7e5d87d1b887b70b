"""`SnapshotVisitor`: mutable values that are taken for constant and watched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.folded import FoldedVariable
from vartrack.bases.folding import refuse

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.context import BuilderContext

__all__ = ["SnapshotVariable", "SnapshotVisitor"]


class SnapshotVariable(FoldedVariable):
    """A folded value that could change: it is evaluated on copies, and a change is refused."""

    _nonvar_fields = {"key", *FoldedVariable._nonvar_fields}

    def __init__(
        self, value: Any, impure: tuple[str, ...] = (), key: Callable[[Any], Any] = id, **options: Any
    ) -> None:
        super().__init__(value, impure, **options)
        self.key = key

    def subject(self) -> Any:
        try:
            return copy.deepcopy(self.value)
        except Exception as error:
            return refuse(
                self.text("__deepcopy__"),
                f"failed with {type(error).__name__}: {error}",
                "Make the type copyable: methods are tried on a copy, so that the value stays.",
            )

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        if self.key(subject) != self.key(self.value):
            self.refuse_change(what)

    def is_hashable(self) -> bool:
        return type(self.value).__hash__ is not None

    def reconstruct(self, codegen: PyCodegen) -> None:
        # made while tracing: each call of the compiled function makes a new one
        codegen.add_push_null(lambda: codegen.load_import_from("copy", "deepcopy"))
        super().reconstruct(codegen)
        codegen.call_function(1, False)


class SnapshotVisitor(ConstantVisitor, abstract=True):
    """For mutable values that rarely change: one graph for each distinct content.

    Set ``types`` and ``key``. The key is computed at every call of the compiled function, and
    ``explain`` shows how long that takes. Traced code that would change the value breaks the graph.

    .. versionadded:: 0.1
    """

    folded_class = SnapshotVariable

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return SnapshotVariable(value, self.impure, type(self).key, **options)
