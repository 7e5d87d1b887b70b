"""Functions in C that ask one method of their operand: the user's own is traced."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable, SkipFunctionVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.bases.tracing.class_lookup import on_class
from vartrack.bases.tracing.folded import FoldedVariable
from vartrack.bases.tracing.record_variable import RecordVariable
from vartrack.core.wrappers import Wrappers

__all__ = ["ONE_METHOD"]

#: By the id of the function, as what is called may have no hash.
_METHODS: dict[int, str] = {
    id(math.ceil): "__ceil__",
    id(math.floor): "__floor__",
    id(math.trunc): "__trunc__",
    id(operator.index): "__index__",
}


def _asked(function_of: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Any]:
    """Wraps a call of what ``function_of`` gives for its tracker."""

    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
            method = _METHODS.get(id(function_of(self)))
            if method is not None and len(args) == 1:
                operand = args[0].realize()
                if isinstance(operand, FoldedVariable) and operand.own_method(method):
                    return operand.fold(tx, method, function_of(self))
                if isinstance(operand, RecordVariable) and _is_in_python(operand, method):
                    return operand.call_method(tx, method, [], {})
            return own(self, tx, args, kwargs)

        return call_function

    return wrap


def _is_in_python(record: RecordVariable, method: str) -> bool:
    return isinstance(on_class(record.python_type(), method), FunctionType)


def _places() -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
    for cls in (BuiltinVariable, PolyfilledFunctionVariable):
        yield cls, "call_function", _asked(operator.attrgetter("fn"))
    for cls in (SkipFunctionVariable, TorchInGraphFunctionVariable):
        yield cls, "call_function", _asked(operator.attrgetter("value"))


#: What `install` puts in place.
ONE_METHOD = Wrappers(*_places())
