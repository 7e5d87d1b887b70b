"""What is computed while tracing and raises: torch dies of errors that the program may catch."""

from __future__ import annotations

import operator
import traceback
from collections.abc import Callable
from typing import Any

from torch._dynamo import utils
from torch._dynamo.exc import (
    ObservedException,
    TorchRuntimeError,
    Unsupported,
    handle_observed_exception,
    unimplemented,
)
from torch._dynamo.symbolic_convert import InstructionTranslator, InstructionTranslatorBase
from torch._dynamo.types import FrameAction, FrameExecStrategy
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import BaseListVariable, SliceVariable
from torch._dynamo.variables.misc import StringFormatVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_again, raise_in_program
from vartrack.compat.instructions import is_tried
from vartrack.compat.making import make
from vartrack.compat.names import LAZY, AnySetVariable, FakeTensorObservedException
from vartrack.core.diagnostics import PASSED_ON
from vartrack.errors import VartrackError
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import SPECIAL
from vartrack.soundness.watchers.raising.of_numbers import raised_of_numbers
from vartrack.soundness.watchers.raising.too_large import raised_for_real
from vartrack.soundness.watchers.raising.words import raise_in_words

__all__ = ["WATCHERS", "refuse_to_raise"]

_OURS = __name__.partition(".")[0]
#: What functions and operators of Python raise.
_OF_PYTHON = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
#: The same, or an error that torch raised in the program, for some with other words or with none.
_RAISED = (*_OF_PYTHON, ObservedException)

#: What torch hands to who called the function, as Python does if nothing in it catches it, with
#: words of its own. Without ``fullgraph`` a graph break leaves it to Python.
_HANDED_ON = (AssertionError, IndexError)
#: What torch raises of an operator on fake tensors, for the caller or in the program.
_FAILED = (TorchRuntimeError, *filter(None, [FakeTensorObservedException]))
#: The frame, and those that it calls, are traced the next time.
_AS_BEFORE = FrameExecStrategy(FrameAction.DEFAULT, FrameAction.DEFAULT)


def _called(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """A built-in function, or an operator."""
    try:
        return own(builtin, tx, args, kwargs)
    except _RAISED as error:
        _note_lacking(ledger, args)
        if any(issubclass(type(arg), StringFormatVariable) for arg in args):
            # of a text that is put off torch knows next to nothing
            made = [_made(tx, arg) for arg in args]
            unmade = [arg for arg in made if isinstance(arg, StringFormatVariable)]
            if unmade and _no_text_has(builtin.fn, made):
                raise
            if unmade:
                refuse_to_raise(error)
            if isinstance(error, ObservedException):
                handle_observed_exception(tx)
            return _called(ledger, own, builtin, tx, made, kwargs)
        if (builtin.can_constant_fold_through() or isinstance(builtin.fn, type)) and (
            not isinstance(error, ObservedException) or _are_known(args)
        ):
            raise_again(tx, builtin.fn, args, kwargs)
        if isinstance(error, ObservedException):
            raise_in_words(tx, builtin.fn, args, kwargs)
        raise


def _note_lacking(ledger: Ledger, args: Any) -> None:
    """Of objects it may have been raised because their classes have no method for it."""
    if not ledger.holds("classes"):
        return
    for arg in args:
        arg = arg.unwrap()
        if issubclass(type(arg), UserDefinedObjectVariable):
            ledger.classes.look(type(arg.value), *SPECIAL, guarded=False)
        elif issubclass(type(arg), SliceVariable):
            _note_lacking(ledger, arg.items)


def _made(tx: Any, arg: Any) -> Any:
    """A text that is put off as it is now, which fixes the numbers in it."""
    if not isinstance(arg, StringFormatVariable):
        return arg
    return make(
        StringFormatVariable.create,
        format_string=arg.format_string,
        sym_args=[specialize_symnode(part.realize()) for part in arg.sym_args],
        sym_kwargs={
            name: specialize_symnode(one.realize()) for name, one in arg.sym_kwargs.items()
        },
        if_taken={"tx": tx},
    )


def _no_text_has(function: Any, args: list[Any]) -> bool:
    """Whether it is an operator that no text has, and none of its other operands has for one."""
    name = getattr(function, "__name__", "")
    if getattr(operator, name, None) is not function or hasattr(str, f"__{name}__"):
        return False
    return all(isinstance(arg, (StringFormatVariable, ConstantVariable)) for arg in args)


def _are_known(args: Any) -> bool:
    """Whether all are literals, or hold nothing: nothing is built for the words of an error."""
    return all(type(arg) is ConstantVariable or _is_empty(arg) for arg in args)


def _is_empty(arg: Any) -> bool:
    """Whether it is known to hold nothing: `max` of it has other words in each Python."""
    if type(arg) in LAZY:
        if not arg.is_realized():
            return False
        arg = arg.realize()
    holding = isinstance(arg, (BaseListVariable, ConstDictVariable, AnySetVariable))
    return holding and not arg.items


def _method(
    ledger: Ledger, own: Any, literal: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    """A method of a literal."""
    try:
        return own(literal, tx, name, args, kwargs)
    except _RAISED:
        raise_again(tx, getattr(literal.value, name), args, kwargs)
        raise


def _on_fake_tensors(
    ledger: Ledger, own: Callable[..., Any], node: Any, tx: Any, *more: Any, **options: Any
) -> Any:
    """An operator that fails, as of sizes that do not fit: where graphs may break Python raises."""
    failed: Exception | None
    if is_tried(tx) and (error := raised_of_numbers(ledger, node, tx)) is not None:
        if not node.users:
            node.graph.erase_node(node)
        raise_in_program(tx, error)
    try:
        made = own(node, tx, *more, **options)
        failed = raised_for_real(ledger, node, tx, made) if is_tried(tx) else None
        if failed is None:
            return made
    except _FAILED as error:
        tried, raised = is_tried(tx), not isinstance(error, TorchRuntimeError)
        if (tried and raised) or (tx.output.root_tx.one_graph and not tried):
            raise
        if raised:
            handle_observed_exception(tx)
        failed = error
    try:
        refuse_to_raise(failed)
    except Unsupported as broken:
        # if the frame is left to Python, this call of it is, and not all later ones
        broken.frame_exec_strategy = _AS_BEFORE
        raise


def _ran(ledger: Ledger, own: Callable[[Any], None], tx: Any) -> None:
    """All of a frame: an error that leaves the first one would be the end of the compile."""
    try:
        own(tx)
    except TorchRuntimeError as error:  # an operator on fake tensors; its message is torch's own
        if not is_tried(tx):
            raise
        _refuse(error)
    except VartrackError:
        raise
    except PASSED_ON:
        raise
    except (*_OF_PYTHON, NotImplementedError, RecursionError) as error:
        if is_tried(tx):
            ledger.tried = error
        if not isinstance(tx, InstructionTranslator):
            raise  # torch may know what to do
        if isinstance(error, _HANDED_ON) and ledger.tried is not error and tx.one_graph:
            raise
        _refuse(error)


def _refuse(error: Exception) -> None:
    if isinstance(error, RecursionError):  # whoever happened to be at the limit raised it
        unimplemented(
            gb_type="vartrack: there is no end to what is traced",
            context=_in_words(error),
            explanation="Tracing went deeper than Python lets it, as it does into a container that "
            "holds itself, and torch does not hand the error to the program.",
            hints=["Move what goes so deep out of what is compiled."],
            from_exc=error,
        )
    place = _raised_in_vartrack(error)
    if place:
        unimplemented(
            gb_type="vartrack: a failure of vartrack itself",
            context=_in_words(error),
            explanation=f"It was raised at {place}.",
            hints=["Please report it with the program. `vartrack.stock` may do meanwhile."],
            from_exc=error,
        )
    refuse_to_raise(error)


def refuse_to_raise(error: Exception) -> None:
    """Break the graph where the program may catch ``error``, which torch would not hand to it."""
    unimplemented(
        gb_type="vartrack: an error that the program may catch",
        context=_in_words(error),
        explanation="It was raised while tracing, and torch does not hand it to the program.",
        hints=["Test for what raises it before, or move the `try` out of what is compiled."],
        from_exc=error,
    )


def _in_words(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}"


def _raised_in_vartrack(error: Exception) -> str:
    """The line of vartrack that raised it; empty if another's did."""
    raised = traceback.walk_tb(error.__traceback__)
    frame, line = next(iter(reversed([*raised])), (None, 0))
    if frame is None or frame.f_globals.get("__name__", "").partition(".")[0] != _OURS:
        return ""
    return f"{frame.f_code.co_filename}:{line}"


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_function", "tracing", instead=_called, subclasses=False),
    Watcher(ConstantVariable, "call_method", "tracing", instead=_method),
    Watcher(utils, "get_fake_value", "tracing", instead=_on_fake_tensors),
    Watcher(InstructionTranslatorBase, "run", "tracing", instead=_ran),
)
