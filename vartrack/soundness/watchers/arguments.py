"""Arguments of a call: one that is given twice, of which torch takes one or the other."""

from __future__ import annotations

from typing import Any

from torch._dynamo.variables import functions as torch_functions
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.bases.tracing.folding import raise_in_program
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger

__all__ = ["WATCHERS"]


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
            raise_in_program(tx, TypeError("keywords must be strings"))
        if key in named.items:
            text = f"got multiple values for keyword argument '{name}'"
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


WATCHERS: tuple[Watcher, ...] = (
    Watcher(torch_functions, "bind_args_cached", "tracing", _bound),
    # dicts have no method of their own for it since 2.15
    Watcher(ConstDictVariable, "call_method", "tracing", _merged, subclasses=False, needed=False),
    Watcher(VariableTracker, "call_method", "tracing", _merged, subclasses=False),
)
