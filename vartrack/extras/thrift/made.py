"""What is made of late values: texts, and results of operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyCache
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.compat.making import make
from vartrack.extras.thrift.kinds import NUMBERS, Kind, kind_of
from vartrack.extras.thrift.late import Waiting, waits
from vartrack.visitors.literals import Booleans, Strings

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["LateResult", "LateText", "is_result"]


def _nowhere(value: Any) -> LazyCache:
    """torch's record of a value that is not built yet, and has no source."""
    cache = LazyCache(None, True)
    cache.value = value
    return cache


@dataclass(frozen=True)
class _Unmade:
    """What a `LateText` is to be made of."""

    template: str
    args: list[VariableTracker]


class LateText(Waiting):
    """A text with late values in it: made when the graph has run, unless it is needed before.

    Args:
        _cache: torch's record of a value that is not built yet.
        options: what else a tracker takes.
    """

    kind = Kind((str,), Strings, (ConstantVariable, StringFormatVariable))
    type_at_hand = str

    @classmethod
    def of(cls, template: str, args: list[VariableTracker]) -> LateText:
        """The text that ``template.format(*args)`` gives."""
        return cls(_nowhere(_Unmade(template, args)))

    @property
    def unmade(self) -> StringFormatVariable:
        """What torch has for a text that is made when the graph has run."""
        made: _Unmade = self._cache.value
        return StringFormatVariable(made.template, list(made.args), {})

    def rely_on_type(self) -> None:
        """Nothing: a text is a text."""

    def realize(self) -> VariableTracker:
        cache: Any = self._cache
        if cache.vt is None:
            made: _Unmade = cache.value
            # who needs the text needs the numbers in it
            args = [specialize_symnode(arg.realize()) for arg in made.args]
            cache.vt = make(
                StringFormatVariable.create,
                format_string=made.template,
                sym_args=args,
                sym_kwargs={},
                if_taken={"tx": InstructionTranslator.current_tx()},
            )
            del cache.value, cache.source
        tracker: VariableTracker = cache.vt
        return tracker

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have the text made when the graph has run."""
        (self.realize() if self.is_realized() else self.unmade).reconstruct(codegen)


@dataclass(frozen=True)
class _Operation:
    """What a `LateResult` is worked out of.

    Attributes:
        operator: what is called; `operator` or `builtins` has it under its name.
        args: the operands.
        example: the result for the values at hand.
        ask: gives the result, guarded; None if the operands should be guarded.
        size: of how many operations it is made.
        source: where an operand is.
    """

    operator: Callable[..., Any]
    args: list[VariableTracker]
    example: Any
    ask: Callable[[], Any]
    size: int
    source: Any


_KINDS = {
    str: kind_of(str),
    bool: Kind((bool,), Booleans, NUMBERS),
    int: kind_of(int),
    float: kind_of(float),
}


class LateResult(Waiting):
    """What an operator gives for late values: worked out again when the graph has run.

    If the trace comes to depend on it, that is a question with a guarded answer, or the operands
    are guarded.

    Args:
        _cache: torch's record of a value that is not built yet.
        kind: which trackers the result can have.
        options: what else a tracker takes.
    """

    _nonvar_fields = {"kind", *Waiting._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, kind: Any, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.kind = kind

    @classmethod
    def of(
        cls,
        operator: Callable[..., Any],
        args: list[VariableTracker],
        example: Any,
        ask: Callable[[], Any],
    ) -> LateResult:
        """What ``operator(*args)`` gives, ``example`` for the values at hand."""
        size = 1 + sum(arg.size for arg in args if type(arg) is LateResult)
        source = next(arg.original_source() for arg in args if waits(arg))  # type: ignore[attr-defined]
        operation = _Operation(operator, args, example, ask, size, source)
        result = cls(_nowhere(operation), kind=_KINDS[type(example)])
        result.rely_on_type()
        return result

    @property
    def example(self) -> Any:
        """The result for the values at hand."""
        return self._cache.value.example

    @property
    def size(self) -> int:
        """Of how many operations it is made that are put off."""
        return 0 if self.is_realized() else self._cache.value.size

    def rely_on_type(self) -> None:
        """Have the types of the operands guarded, on which that of the result depends."""
        for arg in self._cache.value.args:
            if waits(arg):
                arg.rely_on_type()

    def realize(self) -> VariableTracker:
        cache: Any = self._cache
        if cache.vt is None:
            operation: _Operation = cache.value
            answer = operation.ask()
            if answer is None:
                tx = InstructionTranslator.current_tx()
                args = [arg.realize() for arg in operation.args]
                cache.vt = BuiltinVariable(operation.operator).call_function(tx, args, {}).realize()
            else:
                cache.vt = ConstantVariable.create(answer)
            del cache.value, cache.source
        tracker: VariableTracker = cache.vt
        return tracker

    def original_value(self) -> Any:
        """The result for the values at hand."""
        return self.example

    def original_source(self) -> Any:
        """Where an operand is: as that is treated, so is the result."""
        return self._cache.value.source

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have the operator called again when the graph has run."""
        if self.is_realized():
            self.realize().reconstruct(codegen)
            return
        operation: _Operation = self._cache.value
        module = operation.operator.__module__.lstrip("_")
        name = operation.operator.__name__
        codegen.add_push_null(lambda: codegen.load_import_from(module, name))
        for arg in operation.args:
            codegen(arg)
        codegen.extend_output(create_call_function(len(operation.args), False))


def is_result(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a result that nothing has depended on yet."""
    return type(tracker) is LateResult and not tracker.is_realized()
