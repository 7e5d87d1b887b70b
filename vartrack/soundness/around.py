"""What stands around a function of torch's that is watched: each compile runs what it asks for."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vartrack.soundness.ledger import Asked, Ledger, current

if TYPE_CHECKING:
    from vartrack.soundness.hooking import Watcher

__all__ = ["NOTING", "around"]

#: Takes the ledger, and what the function is called with.
Step = Callable[..., Any]
_Notes = tuple[Callable[..., None], ...]
#: What is done for each builtin or name that some watchers are for, and for all others.
_Plan = tuple[dict[Any, Step], Step]


def around(own: Callable[..., Any], watchers: Sequence[Watcher]) -> Callable[..., Any]:
    """``own`` with the notes of ``watchers``: those of a later one stand around an earlier's.

    It asks once for the ledger, and does no more than what that asks for.
    """
    names = _names(own)
    key_of = _told_apart_by(names, watchers)
    plans: dict[Asked, _Plan] = {}

    def plan(asked: Asked) -> _Plan:
        wanted = [each for each in watchers if each.kind in asked.kinds]
        others = _step(own, [each for each in wanted if not each.of], asked.guards)
        chosen = {
            one if isinstance(one, str) else id(one): _step(
                own, [each for each in wanted if not each.of or one in each.of], asked.guards
            )
            for watcher in wanted
            for one in watcher.of
        }
        found = plans[asked] = chosen, others
        return found

    @functools.wraps(own)
    def call(*args: Any, **kwargs: Any) -> Any:
        ledger = current()
        if ledger is None:
            return own(*args, **kwargs)
        if kwargs:
            args, kwargs = placed(names, args, kwargs)
        asked = ledger.asked
        chosen, others = plans.get(asked) or plan(asked)
        step = others if key_of is None else chosen.get(key_of(args), others)
        return step(ledger, *args, **kwargs)

    return call


def _told_apart_by(
    names: tuple[str, ...], watchers: Sequence[Watcher]
) -> Callable[[tuple[Any, ...]], Any] | None:
    """What of the arguments says which watchers are meant, if some are not for all."""
    for one in itertools.chain.from_iterable(each.of for each in watchers):
        return operator.itemgetter(names.index("name")) if isinstance(one, str) else _builtin_of
    return None


def _builtin_of(args: tuple[Any, ...]) -> int:
    return id(args[0].fn)


def _names(own: Callable[..., Any]) -> tuple[str, ...]:
    """What ``own`` calls the arguments that may be given by their place."""
    code = getattr(inspect.unwrap(own), "__code__", None)
    return () if code is None else code.co_varnames[: code.co_argcount]


def placed(
    names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments that torch gives by name, by their place: a watcher has other names for them."""
    known = [*itertools.takewhile(kwargs.__contains__, names[len(args) :])]
    rest = {name: value for name, value in kwargs.items() if name not in known}
    return (*args, *map(kwargs.__getitem__, known)), rest


def _step(own: Callable[..., Any], watchers: list[Watcher], guards: bool) -> Step:
    """``own`` with the notes of ``watchers``, given the ledger before its arguments."""
    if not watchers:
        return functools.partial(_alone, own)
    if not guards:
        return _noting(own, *_notes(watchers))
    step: Step | None = None
    together: list[Watcher] = []
    for watcher in watchers:
        if watcher.instead is None:
            together.append(watcher)
            continue
        if together:
            step, together = _observed(own, step, *_notes(together)), []
        step = _replaced(own, step, watcher.instead)
    if together or step is None:
        step = _observed(own, step, *_notes(together))
    return step


def _alone(own: Callable[..., Any], ledger: Ledger, *args: Any, **kwargs: Any) -> Any:
    return own(*args, **kwargs)


def _notes(watchers: list[Watcher]) -> tuple[_Notes, _Notes]:
    """What is called before the function, and what after it."""
    befores = tuple(each.before for each in reversed(watchers) if each.before)
    return befores, tuple(each.after for each in watchers if each.after)


def _observed(own: Callable[..., Any], inner: Step | None, befores: _Notes, afters: _Notes) -> Step:
    """``inner``, or ``own`` where there is no step within, with what is noted before and after."""

    def before_own(ledger: Ledger, *args: Any, **kwargs: Any) -> Any:
        for note in befores:
            note(ledger, *args, **kwargs)
        return own(*args, **kwargs)

    def step(ledger: Ledger, *args: Any, **kwargs: Any) -> Any:
        for note in befores:
            note(ledger, *args, **kwargs)
        result = own(*args, **kwargs) if inner is None else inner(ledger, *args, **kwargs)
        for note in afters:
            note(ledger, result, *args, **kwargs)
        return result

    return before_own if inner is None and not afters else step


def _replaced(own: Callable[..., Any], inner: Step | None, instead: Callable[..., Any]) -> Step:
    """What stands in the place of ``inner``, or of ``own``, which it is given to call."""
    if inner is None:
        return lambda ledger, *args, **kwargs: instead(ledger, own, *args, **kwargs)

    def step(ledger: Ledger, *args: Any, **kwargs: Any) -> Any:
        return instead(ledger, functools.partial(inner, ledger), *args, **kwargs)

    return step


def _noting(own: Callable[..., Any], befores: _Notes, afters: _Notes) -> Step:
    """``own`` where facts do not become guards: whatever comes of the notes changes nothing."""

    def step(ledger: Ledger, *args: Any, **kwargs: Any) -> Any:
        with _noting_only(ledger, befores, args, kwargs):
            result = own(*args, **kwargs)
        for note in afters:
            ledger.unread += not _noted(note, ledger, result, *args, **kwargs)
        return result

    return step


class Noting(threading.local):
    """Whether this thread makes a note that must change nothing."""

    now = False


#: The one there is. While it is so, what is lazy must not be built.
NOTING = Noting()


@contextlib.contextmanager
def _noting_only(
    ledger: Ledger, notes: Iterable[Callable[..., None]], args: Any, kwargs: Any
) -> Iterator[None]:
    """Make ``notes``; one that needs what torch has not built yet is made again when torch has."""
    later = [note for note in notes if not _noted(note, ledger, *args, **kwargs)]
    try:
        yield
    finally:
        ledger.unread += sum(not _noted(note, ledger, *args, **kwargs) for note in later)


def _noted(note: Callable[..., None], *args: Any, **kwargs: Any) -> bool:
    outer, NOTING.now = NOTING.now, True
    try:
        note(*args, **kwargs)
    except Exception:
        return False
    else:
        return True
    finally:
        NOTING.now = outer
