"""Functions of a package that Dynamo cannot trace, each answered by a Python function instead."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.snapshot import SnapshotVariable
from vartrack.bases.tracing.evaluating.callbacks import evaluate_seen
from vartrack.bases.tracing.evaluating.folding import refuse, result_tracker
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.core.context import BuilderContext

__all__ = ["Answer", "ReplacedFunctionVariable", "ReplacedFunctions", "of_snapshot"]

#: Takes the tracer and the operands; gives None if it has no answer for them.
Answer = Callable[..., VariableTracker | None]


class ReplacedFunctionVariable(VariableTracker):
    """A function whose calls are answered.

    Args:
        value: the function.
        answer: gives the result of a call.
        options: ``source`` if it has one.
    """

    _nonvar_fields = {"answer", *VariableTracker._nonvar_fields}

    def __init__(self, value: Any, answer: Answer, **options: Any) -> None:
        super().__init__(**options)
        self.value = value
        self.answer = answer

    def python_type(self) -> type:
        return type(self.value)

    def as_python_constant(self) -> Any:
        return self.value

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.append_output(codegen.create_load_const_unchecked(self.value))

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        operands = [arg.realize() for arg in args]
        answer = self.answer(tx, *operands, **kwargs)
        if answer is not None:
            return answer
        name = f"{self.value.__module__}.{self.value.__qualname__}"
        known = constants_of(args, kwargs)
        if known is None:
            refuse(name, "cannot be traced for these operands")

        def call() -> Any:
            return self.value(*known[0], **known[1])

        return result_tracker(tx, name, evaluate_seen(tx, name, call), call)


class ReplacedFunctions(Sourced, Sourceless, Visitor, abstract=True):
    """For functions that are answered rather than traced.

    Set ``types`` to the types of the functions, and ``answers``.

    Attributes:
        answers: for the id of each function, the function and its answer.
    """

    answers: Mapping[int, tuple[Any, Answer]] = {}
    guarded_by = "ID_MATCH"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return ReplacedFunctionVariable(value, self.answers[id(value)][1], **options)


def of_snapshot(function: Callable[..., Any]) -> Answer:
    """The answer of a function that reads a snapshot, its first operand, and changes nothing."""

    @functools.wraps(function)
    def answer(tx: Any, *args: VariableTracker, **kwargs: VariableTracker) -> Any:
        known = constants_of(args[1:], kwargs)
        if not args or known is None or not isinstance(args[0], SnapshotVariable):
            return None
        rest, named = known
        return args[0].fold(
            tx, function.__name__, lambda subject: function(subject, *rest, **named)
        )

    return answer
