"""`LaterTextVariable`: a text that is made when the graph has run, as a tensor is shown in it."""

from __future__ import annotations

from typing import Any, NoReturn

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat.hooks import Hooks
from vartrack.core.texts.articles import with_article

__all__ = ["LaterTextVariable"]


class LaterTextVariable(Hooks, StringFormatVariable):
    """A text that can be returned, kept and put into others; all else needs it before it is made.

    torch would say of such a text that it has no length.
    """

    @classmethod
    def of(cls, shown: VariableTracker, method: str) -> LaterTextVariable:
        """The text that ``method``, such as ``"__repr__"``, gives of ``shown``."""
        return cls("{!r}" if method == "__repr__" else "{!s}", [shown], {})

    def needed(self, *_: Any, **__: Any) -> NoReturn:
        """Break the graph, as the text is needed while tracing."""
        refuse(
            f"the text of {with_article(self.sym_args[0].python_type())}",
            "is needed while tracing, and cannot be made before the graph has run: it cannot be "
            "traced, or shows a tensor",
        )

    def mp_length_impl(self, tx: Any) -> VariableTracker:
        self.needed()

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        self.needed()

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        self.needed()

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        self.needed()

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        self.needed()

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        self.needed()

    def sq_concat_impl(self, tx: Any, other: VariableTracker) -> VariableTracker:
        self.needed()

    def nb_bool_impl(self, tx: Any) -> VariableTracker:
        self.needed()

    def is_hashable(self) -> bool:
        self.needed()

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        self.needed()

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        self.needed()
