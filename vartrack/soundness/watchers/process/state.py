"""State of the process: settings that are read, variables of the environment, random objects."""

from __future__ import annotations

import functools
import operator
import os
import random
import sys
from typing import Any

import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.symbolic_convert import InliningInstructionTranslator, InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.ctx_manager import AutocastModeVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.misc import RandomVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.compat import behaviour
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _polyfilled(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """A limit of Python's, which torch reads, or sets, while tracing."""
    function = getattr(tracker, "fn", None)
    for name in _LIMITS:
        if function is getattr(sys, f"get{name}", _NONE):
            ledger.state.given(f"sys.get{name}()", function, function())
        elif function is getattr(sys, f"set{name}", _NONE) and ledger.guards:
            unimplemented(
                gb_type="vartrack: a limit of Python that is set",
                context=f"sys.set{name}",
                explanation=f"torch calls sys.set{name} while it traces, and no more when what was "
                "compiled runs.",
                hints=["Set it outside of the compiled function."],
            )


def _shown(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``str(number)``, ``int(text)``: Python has a limit for long ones."""
    for arg in args:
        ledger.when_read(arg, functools.partial(_digits, ledger))


def _formatted(ledger: Ledger, tx: Any, *_: Any, **__: Any) -> None:
    ledger.when_read(tx.stack[-1], functools.partial(_digits, ledger))


def _digits(ledger: Ledger, tracker: Any) -> None:
    value = tracker.value if type(tracker) is ConstantVariable else None
    if _FEWEST_DIGITS and (
        (type(value) is int and abs(value) >= _FEWEST)
        or (type(value) is str and len(value) >= _FEWEST_DIGITS)
    ):
        ask = sys.get_int_max_str_digits
        ledger.state.given("sys.get_int_max_str_digits()", ask, ask())


def _environment(ledger: Ledger, parent: Any, func: Any, args: Any, *_: Any, **__: Any) -> None:
    """A variable of the environment was read: torch guards the dict behind it, but not always."""
    if getattr(func, "fn", None) is not _READ_VARIABLE:
        return
    key = args[-1]
    name = key.as_python_constant() if key.is_python_constant() else None
    if isinstance(name, str):
        ask = functools.partial(os.environ.get, name)
        ledger.state.given(f"os.environ[{name!r}]", ask, ask())


def _setting(
    ledger: Ledger, result: Any, tracker: Any, tx: Any, args: Any, kwargs: Any, *_: Any, **__: Any
) -> None:
    """A setting of torch's, which it reads while tracing, and does not guard."""
    if tracker.value not in _SETTINGS or not result.is_python_constant():
        return
    trackers = (*args, *kwargs.values())
    if all(one.is_python_constant() for one in trackers):
        given = [one.as_python_constant() for one in args]
        named = {name: one.as_python_constant() for name, one in kwargs.items()}
        ask = functools.partial(tracker.value, *given, **named)
        text = f"{tracker.value.__name__}({', '.join(map(repr, (*given, *named.values())))})"
        ledger.state.given(text, ask, result.as_python_constant())


def _autocast(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """An `autocast` object from outside: torch guards which one it is, and not its settings."""
    if (source := name_of(tracker.source)) is not None:
        text = f"what {source} is set to"
        ledger.sourced.asked("state", text, text, [tracker.source], _AUTOCAST)


def _random(ledger: Ledger, tracker: Any, tx: Any, name: str, *_: Any, **__: Any) -> None:
    """torch keeps the state that a random object had while tracing."""
    settled = name in _SETTLED or tx.output.side_effects.is_modified(tracker)
    if tracker.source is None or settled:
        return
    if not ledger.guards:
        if (source := name_of(tracker.source)) is not None:
            text = f"the state of {source}"
            ledger.sourced.asked("state", source, text, [tracker.source], _state)
        return
    unimplemented(
        gb_type="vartrack: the state of a random object",
        context=str(tracker),
        explanation="A random.Random object from outside is asked for a number. Its state is "
        "another one at each call, and torch would give the numbers of the first call again.",
        hints=["Seed it in the compiled function, or draw the number outside."],
    )


def _random_by_table(ledger: Ledger, tracker: Any, *args: Any, **kwargs: Any) -> None:
    """Since 2.14 the methods stand in a table, which what all trackers have looks into."""
    if isinstance(tracker, RandomVariable):
        _random(ledger, tracker, *args, **kwargs)


def _state(value: random.Random) -> object:
    return value.getstate()


_AUTOCAST = operator.attrgetter("device", "fast_dtype", "_enabled", "_cache_enabled")
#: Methods after which the state is known, or that compiled code calls again.
_SETTLED = frozenset({"seed", "setstate"}).union(
    RandomVariable._supported_fn_names if behaviour.REPLAYS_RANDOM_OBJECTS else ()
)
#: What follows `get` and `set` in the names of functions of `sys` that torch evaluates.
_LIMITS = ("recursionlimit", "_int_max_str_digits")
#: Functions that make a text of a number, or a number of a text.
_SHOWING: tuple[Any, ...] = (str, repr, ascii, format, int)
_NONE: Any = object()
#: How many digits no limit forbids, and what has more; an old Python has no limit.
_FEWEST_DIGITS: int = getattr(sys.int_info, "str_digits_check_threshold", 0)
_FEWEST = 10**_FEWEST_DIGITS
#: Functions that torch evaluates while tracing, and whose answer is no part of its global guards.
_SETTINGS = frozenset(
    {
        *(torch.get_autocast_dtype, torch.get_autocast_gpu_dtype),
        *(
            getattr(torch.distributed, name)
            for name in ("is_initialized", "get_rank", "get_world_size")
            if torch.distributed.is_available()
        ),
    }
)
_READ_VARIABLE = type(os.environ).__getitem__

WATCHERS: tuple[Watcher, ...] = (
    Watcher(TorchInGraphFunctionVariable, "call_function", "state", after=_setting),
    Watcher(PolyfilledFunctionVariable, "call_function", "state", _polyfilled),
    Watcher(BuiltinVariable, "call_function", "state", _shown, subclasses=False, of=_SHOWING),
    Watcher(InstructionTranslatorBase, "_format_value", "state", _formatted),
    Watcher(AutocastModeVariable, "enter", "state", _autocast),
    Watcher(InliningInstructionTranslator, "build_inline_tracer", "state", _environment),
    Watcher(RandomVariable, "call_method", "state", _random, needed=False),
    *(
        Watcher(VariableTracker, name, "state", _random_by_table, subclasses=False)
        for name in {"call_method"}.difference(vars(RandomVariable))
    ),
)
