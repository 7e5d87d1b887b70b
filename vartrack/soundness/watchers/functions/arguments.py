"""Arguments of a call: one that is given twice, of which torch takes one or the other."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables import functions as torch_functions
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import RangeVariable, TupleVariable
from torch._dynamo.variables.misc import NullVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.instructions import WrappedInstructions
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, puts_right
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.type_names import call_in_words
from vartrack.soundness.watchers.containers.contents import rely_on_keys

__all__ = ["INSTRUCTIONS", "WATCHERS"]

#: Types of constants that cannot be gone through.
_NO_ITEMS = frozenset({int, float, bool, complex, type(None), type(...)})
#: From Python 3.14 on there is always a place for arguments by name.
_ALWAYS_NAMED = sys.version_info >= (3, 14)


def _merged(
    ledger: Ledger, named: Any, tx: Any, method: str, args: Any, *_: Any, **__: Any
) -> None:
    """``function(a=1, **more)``, which updates a dict of the arguments."""
    if method != "update" or tx.current_instruction.opname != "DICT_MERGE":
        return
    if not isinstance(named, ConstDictVariable):
        return
    more = args[0].realize()
    if not isinstance(more, ConstDictVariable):
        return
    for key in more.items:
        name = key.vt.as_python_constant()
        if type(name) is not str:
            text = "keywords must be strings"
        elif key in named.items:
            text = f"got multiple values for keyword argument '{name}'"
        else:
            continue
        rely_on_keys(ledger, more)  # torch does, where nothing is raised
        raise_in_program(tx, TypeError(text))


def _bound(
    ledger: Ledger, function: Any, tx: Any, source: Any, args: Any, kwargs: Any, *_: Any
) -> None:
    """``function(1, a=1)``: by its place and by its name."""
    if not args or not kwargs:
        return
    code = function.__code__
    by_either = code.co_varnames[code.co_posonlyargcount : min(len(args), code.co_argcount)]
    for name in by_either:
        if name in kwargs:
            text = f"{function.__qualname__}() got multiple values for argument '{name}'"
            raise_in_program(tx, TypeError(text))


def _called(own: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """``function(*range(3))``: torch passes what the range was made of."""

    @functools.wraps(own)
    def call(tx: Any, inst: Any) -> None:
        by_place = -2 if inst.argval or _ALWAYS_NAMED else -1
        args = tx.stack[by_place]
        if puts_right():
            if _is_range(args):
                items = _settled(args.realize()).unpack_var_sequence(tx)
                tx.stack[by_place] = TupleVariable(items)
            elif type_at_hand(args) in _NO_ITEMS:
                _raise_of_no_items(tx, args, tx.stack[:by_place])
        own(tx, inst)

    return call


def _raise_of_no_items(tx: Any, args: VariableTracker, below: list[VariableTracker]) -> None:
    """``function(*3)``: torch has the words of `iter`."""
    called = next(each for each in reversed(below) if type(each) is not NullVariable)
    if (call := call_in_words(called.realize())) is not None:
        kind = args.realize().python_type().__name__
        text = f"{call} argument after * must be an iterable, not {kind}"
        raise_in_program(tx, TypeError(text))


def _is_range(tracker: VariableTracker) -> bool:
    """Whether it is a range; others are not built for that."""
    if isinstance(tracker, LazyVariableTracker) and not tracker.is_realized():
        return type(tracker.original_value()) is range
    return type(tracker.realize()) is RangeVariable


def _settled(numbers: RangeVariable) -> RangeVariable:
    """The same range, if its numbers vary: how many arguments there are is not known otherwise."""
    return RangeVariable(
        [
            specialize_symnode(item) if isinstance(item, SymNodeVariable) else item
            for item in numbers.items
        ]
    )


INSTRUCTIONS = WrappedInstructions(CALL_FUNCTION_EX=_called)
WATCHERS: tuple[Watcher, ...] = (
    Watcher(torch_functions, "bind_args_cached", "tracing", _bound),
    # dicts have no method of their own for it since 2.15
    Watcher(ConstDictVariable, "call_method", "tracing", _merged, subclasses=False, needed=False),
    Watcher(VariableTracker, "call_method", "tracing", _merged, subclasses=False),
)
