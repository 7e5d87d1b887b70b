"""Single values: moments and durations, text, bools, and numbers made while tracing."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourceless
from vartrack.core.visitor import Visitor
from vartrack.inputs import arrays

__all__ = ["Booleans", "Moments", "NewNumbers", "NumberVariable", "Texts"]


class NumberVariable(FoldedVariable):
    """A number or bool: an input of the graph where torch takes it, if it came from somewhere."""

    @functools.cached_property
    def in_graph(self) -> VariableTracker:
        """What the graph has of it; an input does for other values as well."""
        if self.content is None:
            return ConstantVariable.create(self.value.item())
        return arrays.ndarray(self.content.ctx, np.asarray(self.example))

    def as_proxy(self) -> Any:
        return self.in_graph.as_proxy()

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if not isinstance(other.realize(), TensorVariable):
            return super().tp_richcompare_impl(tx, other, op)
        compare = BuiltinVariable(getattr(operator, op.strip("_")))
        return compare.call_function(tx, [self.in_graph, other], {})  # type: ignore[no-any-return]


class Moments(ConstantVisitor):
    """``datetime64`` and ``timedelta64``, by unit and value, NaT included.

    .. versionadded:: 0.1
    """

    types = (np.datetime64, np.timedelta64)
    exact = True

    @staticmethod
    def key(value: Any) -> Any:
        return value.dtype.str, int(value.view("i8"))


class Texts(ConstantVisitor):
    """``np.str_`` and ``np.bytes_``.

    .. versionadded:: 0.1
    """

    types = (np.str_, np.bytes_)
    exact = True
    impure = ("astype",)  # "now" becomes the time of the call


class Booleans(ConstantVisitor):
    """``np.bool_``: a flag that the program branches on, so a constant rather than an input.

    torch's own builder makes a tensor of it, and ``if flag:`` breaks the graph. As an operand of
    tensors it is an input here as well.

    .. versionadded:: 0.1
    """

    types = (np.bool_,)
    exact = True
    folded_class = NumberVariable
    key = staticmethod(bool)


class NewNumbers(Sourceless, Visitor):
    """Numbers that evaluating gave, such as a field of a record.

    .. versionadded:: 0.1
    """

    one_half = "one that comes from outside is an input of the graph"
    types = (np.number,)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> FoldedVariable:
        return NumberVariable(value, **options)
