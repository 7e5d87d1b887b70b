"""Generators that are there after the call.

One that comes from outside is traced by torch 2.15, and stays where it was. One that is made here
comes out as an iterator, without what it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.exc import unimplemented
from torch._dynamo.source import LocalSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import LocalGeneratorObjectVariable

from vartrack.compat.hooks import HAS_ENDED
from vartrack.core.called_back import called_by_compiled
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

#: Where it is kept whether a generator had ended before it came out.
_HAD_ENDED = "_vartrack_had_ended"


def _resumed(ledger: Ledger, own: Any, generator: Any, *args: Any) -> Any:
    """``next(self.batches)``. One that is an argument is mostly made for the call, and let be."""
    source = generator.source
    name = name_of(source)
    is_argument = isinstance(source, LocalSource) and source.is_input
    if name is not None and not is_argument and _is_kept(ledger, source):
        unimplemented(
            gb_type="vartrack: a generator that is kept",
            context=name,
            explanation=f"{name} is a generator that is there after the call, and torch would "
            "leave it where it is.",
            hints=["Call `next` outside of the compiled function."],
        )
    return own(generator, *args)


def _is_kept(ledger: Ledger, source: Any) -> bool:
    """Whether it is the generator that is there: one made here has its function's source."""
    found = ledger.values_of([source])
    return found is not None and isinstance(found[0], GeneratorType)


class RunOut(VariableTracker):
    """A generator that was run to its end while tracing, which is given out as a generator.

    Args:
        left: the iterator of what is left of it.
        result: what it returns.
        options: what else a tracker takes.
    """

    def __init__(self, left: VariableTracker, result: VariableTracker, **options: Any) -> None:
        super().__init__(**options)
        self.left = left
        self.result = result

    def reconstruct(self, codegen: Any) -> None:
        """Have compiled code make a generator of what is left."""
        _load(codegen)
        codegen(self.left)
        _call(codegen, self.result)


def _returned(ledger: Ledger, own: Any, tx: Any) -> None:
    """The function returns what is on the stack; of a generator torch makes a list's iterator."""
    generator = tx.stack[-1] if tx.stack else None
    result = _result_of(generator)
    own(tx)
    if result is not None:
        tx.stack[-1] = RunOut(tx.stack[-1], result())


def _comes_out(ledger: Ledger, own: Any, generator: Any, codegen: Any) -> None:
    """One that is part of what comes out: torch runs it, and makes the same of it."""
    _load(codegen)
    result = _result_of(generator)
    own(generator, codegen)
    _call(codegen, result and result())


def _result_of(generator: Any) -> Callable[[], VariableTracker] | None:
    """Gives what a generator returns, once it was run to its end; None if it is none."""
    if not issubclass(type(generator), LocalGeneratorObjectVariable):
        return None
    # torch generates code twice, and runs what comes out once
    had_ended = vars(generator).setdefault(_HAD_ENDED, getattr(generator, HAS_ENDED)())

    def result() -> VariableTracker:
        none: VariableTracker = ConstantVariable.create(None)
        return none if had_ended else generator.inline_tracer.symbolic_result or none

    return result


def _load(codegen: Any) -> None:
    where, name = _given_out.__module__, _given_out.__name__
    codegen.add_push_null(lambda: codegen.load_import_from(where, name))


def _call(codegen: Any, result: VariableTracker | None) -> None:
    codegen(result)
    codegen.extend_output(create_call_function(2, False))


@called_by_compiled  # 2.10 refuses a generator there
def _given_out(items: Iterator[Any], result: Any) -> Iterator[Any]:
    yield from items
    return result


WATCHERS: tuple[Watcher, ...] = (
    Watcher(LocalGeneratorObjectVariable, "reconstruct", "tracing", instead=_comes_out),
    Watcher(
        InstructionTranslator, "replace_tos_if_return_is_generator", "tracing", instead=_returned
    ),
    Watcher(
        LocalGeneratorObjectVariable, "gen_send_ex2", "tracing", instead=_resumed, needed=False
    ),
)
