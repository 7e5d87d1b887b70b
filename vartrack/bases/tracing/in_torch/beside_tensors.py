"""Values that are numbers, ``class Money(float)``, as operands beside a tensor.

Torch hands what it knows no better to the graph, and does not ask what their classes define.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.bases.tracing.classes.own_code import written_in_python
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["BESIDE_TENSORS"]

_ARITHMETIC = "add and floordiv lshift matmul mod mul or pow rshift sub truediv xor"
_COMPARISONS = "eq ge gt le lt ne"
#: By the id of an operator the methods of the left operand that answer, the first before the next.
_METHODS: dict[int, tuple[str, ...]] = {
    id(pow): ("__pow__",),
    id(divmod): ("__divmod__",),
    **{
        id(getattr(operator, f"__{name}__")): (f"__{name}__",)
        for name in (*_ARITHMETIC.split(), *_COMPARISONS.split())
    },
    **{
        id(getattr(operator, f"__i{name}__")): (f"__i{name}__", f"__{name}__")
        for name in _ARITHMETIC.split()
    },
}


def _answer(tx: Any, function: Any, one: Any, other: Any) -> VariableTracker | None:
    """What an operator gives of a tensor and a value that is a number; None if it is none."""
    if _is_number(one) and isinstance(other, TensorVariable):
        given = _by_own_code(tx, one, other, _METHODS[id(function)])
        if given is not None:
            return given
        operands = [one.as_number(tx), other]
    elif isinstance(one, TensorVariable) and _is_number(other):
        operands = [one, other.as_number(tx)]
    else:
        return None
    return BuiltinVariable(function).call_function(tx, operands, {})


def _is_number(tracker: Any) -> bool:
    return isinstance(tracker, FoldedVariable) and isinstance(tracker.example, (int, float))


def _by_own_code(tx: Any, value: Any, tensor: Any, names: tuple[str, ...]) -> Any:
    """What the user's own method of the value gives; None if there is none, or it cannot say."""
    for name in names:
        own = value.own_method(name)
        if own is not None:
            given = value.trace_own(tx, name, own, [tensor], {})
            if not given.is_constant_match(NotImplemented):
                return given
        elif written_in_python(value.of_class(name)) is not None:
            value.refuse(name, "got an operand that is not known while tracing")
    return None


def _asked(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def insert(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        answer = None
        if len(args) == 2 and id(self.fn) in _METHODS:
            answer = _answer(tx, self.fn, args[0].unwrap(), args[1].unwrap())
        return own(self, tx, args, kwargs) if answer is None else answer

    return insert


#: What is put in place in torch: where an operator of which an operand is a tensor becomes a node.
BESIDE_TENSORS = Wrappers((BuiltinVariable, "_handle_insert_op_in_graph", _asked))
