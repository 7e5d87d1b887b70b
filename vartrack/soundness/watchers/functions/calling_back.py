"""Functions of the user's that C calls while torch evaluates something: `re.sub` with one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import SkipFunctionVariable, UserFunctionVariable
from torch._dynamo.variables.misc import ConstantLikeVariable

from vartrack.bases.tracing.evaluating.callbacks import guard_reads, seeing
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _called(ledger: Ledger, own: Any, tracker: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``re.sub(pattern, function, text)``."""
    call = functools.partial(own, tracker, tx, args, kwargs)
    what = str(getattr(tracker.value, "__qualname__", tracker.value))
    return _evaluated(ledger, call, tx, what, (*args, *kwargs.values()))


def _method(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    """``pattern.sub(function, text)``."""
    call = functools.partial(own, tracker, tx, name, args, kwargs)
    what = f"{type(tracker.value).__qualname__}.{name}"
    return _evaluated(ledger, call, tx, what, (*args, *kwargs.values()))


def _evaluated(
    ledger: Ledger, call: Callable[[], Any], tx: Any, what: str, args: tuple[Any, ...]
) -> Any:
    """What ``call`` gives, with what the functions among ``args`` read guarded, or refused."""
    if all(type(arg) is ConstantVariable for arg in args):
        return call()
    with seeing(tx=tx) as found:
        result = call()
    guard_reads(tx, what, found)
    _bodies(ledger, args)
    return result


def _given(ledger: Ledger, tracker: Any, tx: Any, *args: Any, **__: Any) -> None:
    """The same where nothing becomes a guard: the functions alone."""
    _bodies(ledger, args[-2])


def _bodies(ledger: Ledger, args: Iterable[Any]) -> None:
    for arg in args:
        ledger.when_read(arg, functools.partial(_body, ledger))


def _body(ledger: Ledger, tracker: Any) -> None:
    if type(tracker) is UserFunctionVariable:
        ledger.bodies.ran(tracker.fn)


WATCHERS: tuple[Watcher, ...] = tuple(
    Watcher(owner, name, "bodies", _given, instead=instead, subclasses=False)
    for owner, name, instead in (
        (SkipFunctionVariable, "call_function", _called),
        (ConstantLikeVariable, "call_method", _method),
    )
)
