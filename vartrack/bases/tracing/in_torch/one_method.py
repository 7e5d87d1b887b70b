"""Functions in C that ask one method of their operand: the user's own is traced."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.intents import CALLED
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.objects.record_variable import RecordVariable
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["ONE_METHOD"]

#: By the id of the function, as what is called may have no hash.
_METHODS: dict[int, str] = {
    id(math.ceil): "__ceil__",
    id(math.floor): "__floor__",
    id(math.trunc): "__trunc__",
    id(operator.index): "__index__",
}


def _asked(attribute: str) -> Callable[[Callable[..., Any]], Any]:
    """Wraps a call of the function in ``attribute`` of its tracker."""
    function_of = operator.attrgetter(attribute)

    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
            function = function_of(self)
            method = _METHODS.get(id(function))
            if method is not None and len(args) == 1:
                operand = args[0].realize()
                if isinstance(operand, FoldedVariable):
                    if operand.own_method(method):
                        return operand.fold(tx, method, function)
                    operand.raise_if_lacking(tx, method)
                if isinstance(operand, RecordVariable) and _is_in_python(operand, method):
                    return operand.call_method(tx, method, [], {})
            return own(self, tx, args, kwargs)

        return call_function

    return wrap


def _is_in_python(record: RecordVariable, method: str) -> bool:
    return isinstance(on_class(record.python_type(), method), FunctionType)


#: What is put in place in torch.
ONE_METHOD = Wrappers(
    *((cls, "call_function", _asked(attribute)) for cls, attribute in CALLED.items())
)
