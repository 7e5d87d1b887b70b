"""What stands around a function of torch's that is watched: each compile runs what it asks for."""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from torch._dynamo.symbolic_convert import tls

from vartrack.soundness.hooks.written import Parameters
from vartrack.soundness.noting.ledger import EVERYTHING, Asked, Ledger, begun

if TYPE_CHECKING:
    from vartrack.soundness.hooks.hooking import Watcher

__all__ = ["NOTING", "around"]

#: Takes the ledger, and what the function is called with.
Step = Callable[..., Any]
_Notes = tuple[Callable[..., None], ...]
#: The ledger is asked for as `ledger.current` does, but without another call.
_CALL = """\
def call({taken}):
    try:
        _ledger = _tls.current_tx.output.vartrack_compile.ledger
    except AttributeError:
        _ledger = _begun()
    if _ledger is None:
        return _own({passed})
"""
#: What `vartrack.sound` asks for stands in the function itself: a call for each would be felt.
_FOR_ANY = """\
    if _ledger.asked is _everything:
        BODY
    return _plans[_ledger.asked](_ledger, {passed})"""
#: Where some watchers are for some builtins, or names, alone.
_FOR_ONE = """\
    _steps, _others = _plans[_ledger.asked]
    return _steps.get(ONE, _others)(_ledger, {passed})"""


def around(own: Callable[..., Any], watchers: Sequence[Watcher]) -> Callable[..., Any]:
    """``own`` with the notes of ``watchers``: those of a later one stand around an earlier's.

    It takes what ``own`` takes, asks once for the ledger, and does no more than what that asks for.
    """
    takes = Parameters(own)
    told_by = _told_apart_by(takes.names, watchers)

    def step(asked: Asked, one: Any = None) -> Step:
        asked_for = [
            each
            for each in watchers
            if each.kind in asked.kinds and (not each.of or one in each.of)
        ]
        return _step(own, takes, asked_for, asked.guards)

    def steps(asked: Asked) -> tuple[dict[Any, Step], Step]:
        ones = {each for watcher in watchers for each in watcher.of}
        by_key = {each if isinstance(each, str) else id(each): step(asked, each) for each in ones}
        return by_key, step(asked)

    names = {"_own": own, "_tls": tls, "_begun": begun}
    if told_by is None:
        body = _body(own, takes, [each for each in watchers if each.kind in EVERYTHING.kinds])
        ending = _FOR_ANY.replace("BODY", "\n        ".join(body.lines))
        names |= body.names | {"_everything": EVERYTHING, "_plans": _Plans(step)}
    else:
        ending = _FOR_ONE.replace("ONE", told_by)
        names["_plans"] = _Plans(steps)
    return functools.wraps(own)(takes.write(_CALL + ending, **names))


class _Plans(dict[Asked, Any]):
    """What is done for a ledger, by what it asks: worked out when it is first asked."""

    def __init__(self, plan: Callable[[Asked], Any]) -> None:
        self.plan = plan

    def __missing__(self, asked: Asked) -> Any:
        found = self[asked] = self.plan(asked)
        return found


def _told_apart_by(names: tuple[str, ...], watchers: Sequence[Watcher]) -> str | None:
    """What of the arguments says which watchers are meant, if some are not for all."""
    for one in itertools.chain.from_iterable(each.of for each in watchers):
        return names[names.index("name")] if isinstance(one, str) else f"id({names[0]}.fn)"
    return None


def _step(
    own: Callable[..., Any], takes: Parameters, watchers: list[Watcher], guards: bool
) -> Step:
    """``own`` with the notes of ``watchers``, given the ledger before its arguments."""
    if not guards and watchers:
        return _noting(own, *_notes(watchers))
    return _body(own, takes, watchers).written(takes)


class _Body(NamedTuple):
    """What a function does with a ledger and its own parameters: lines, and what they name."""

    lines: list[str]
    names: dict[str, Any]

    def written(self, takes: Parameters) -> Step:
        """The function that does so, given the ledger before its arguments."""
        text = "\n    ".join(("def step(_ledger, {taken}):", *self.lines))
        return takes.write(text, **self.names)


def _body(own: Callable[..., Any], takes: Parameters, watchers: list[Watcher]) -> _Body:
    """``own`` with the notes of ``watchers``, where facts become guards."""
    step: Step | None = None
    instead: Callable[..., Any] | None = None
    together: list[Watcher] = []
    for watcher in watchers:
        if watcher.instead is not None:
            if together or instead:
                step = _observed(own, step, instead, together).written(takes)
                together = []
            instead = watcher.instead
        else:
            together.append(watcher)
    return _observed(own, step, instead, together)


def _notes(watchers: list[Watcher]) -> tuple[_Notes, _Notes]:
    """What is called before the function, and what after it."""
    befores = tuple(each.before for each in reversed(watchers) if each.before)
    return befores, tuple(each.after for each in watchers if each.after)


def _observed(
    own: Callable[..., Any],
    inner: Step | None,
    instead: Callable[..., Any] | None,
    watchers: list[Watcher],
) -> _Body:
    """What is noted before and after ``inner``, or ``own`` where there is no step within.

    Args:
        own: the function of torch's.
        inner: the step within.
        instead: what stands in the place of that, and is given it to call.
        watchers: who notes.
    """
    befores, afters = _notes(watchers)
    names: dict[str, Any] = {"_own": own, "_inner": inner, "_instead": instead, "_partial": partial}
    if instead is None:
        within = "_own({passed})" if inner is None else "_inner(_ledger, {passed})"
    else:
        given = "_own" if inner is None else "_partial(_inner, _ledger)"
        within = f"_instead(_ledger, {given}, {{passed}})"
    lines = []
    for place, note in enumerate(befores):
        names[f"_before{place}"] = note
        lines.append(f"_before{place}(_ledger, {{passed}})")
    lines.append(f"_result = {within}" if afters else f"return {within}")
    for place, note in enumerate(afters):
        names[f"_after{place}"] = note
        lines.append(f"_after{place}(_ledger, _result, {{passed}})")
    if afters:
        lines.append("return _result")
    return _Body(lines, names)


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
