"""`Watchers`: functions of torch that say what they are asked, while a registry needs them."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from vartrack.core.handlers import forget_handlers, is_of_torch
from vartrack.core.wrappers import Wrappers
from vartrack.soundness.ledger import Ledger, current

__all__ = ["ANY_KIND", "NOTING", "Watcher", "Watchers"]


#: The kind of a watcher that is asked whichever kinds are noted.
ANY_KIND = ""


@dataclass(frozen=True)
class Watcher:
    """What is to be noted where torch calls one of its own functions.

    Attributes:
        owner: the class or module that has it.
        name: its name there.
        kind: the kind of fact, or `ANY_KIND`.
        before: called with the ledger and what the function is called with, before it runs.
        after: called with the ledger, what the function returned, and its arguments.
        instead: called with the ledger, the function, and its arguments, in its place; only where
            facts become guards.
        subclasses: whether methods of subclasses that override it are watched too.
        needed: whether the kind does not hold where torch has no such function. If not, what it
            does is watched elsewhere there.
    """

    owner: Any
    name: str
    kind: str
    before: Callable[..., None] | None = None
    after: Callable[..., None] | None = None
    instead: Callable[..., Any] | None = None
    subclasses: bool = True
    needed: bool = True

    def wrapped(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """``own``, with the notes."""
        kind, before, after, instead = self.kind, self.before, self.after, self.instead

        @functools.wraps(own)
        def call(*args: Any, **kwargs: Any) -> Any:
            ledger = current()
            if ledger is None or not (kind in ledger.kinds or kind == ANY_KIND):
                return own(*args, **kwargs)
            if not ledger.guards:
                return _only_noting(ledger, own, before, after, *args, **kwargs)
            if instead is not None:
                return instead(ledger, own, *args, **kwargs)
            if before is not None:
                before(ledger, *args, **kwargs)
            result = own(*args, **kwargs)
            if after is not None:
                after(ledger, result, *args, **kwargs)
            return result

        return call


class Noting(threading.local):
    """Whether this thread makes a note that must change nothing."""

    now = False


#: The one there is. While it is so, what is lazy must not be built.
NOTING = Noting()


def _only_noting(
    ledger: Ledger, own: Callable[..., Any], before: Any, after: Any, *args: Any, **kwargs: Any
) -> Any:
    """Call ``own``, and let the notes on it change nothing, whatever comes of them.

    A note that needs what torch has not built yet is made when torch has.
    """
    noted = before is None or _noted(before, ledger, *args, **kwargs)
    try:
        result = own(*args, **kwargs)
    finally:
        if not noted and not _noted(before, ledger, *args, **kwargs):
            ledger.unread += 1
    if after is not None and not _noted(after, ledger, result, *args, **kwargs):
        ledger.unread += 1
    return result


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


class Watchers:
    """Puts watchers in place, and takes them away again.

    A method is watched in every class of torch's that has one of its own, a function of a module
    wherever a module of Dynamo holds it.

    Args:
        watchers: the watchers.
        wrappers: what does the same where torch has no function of its own to watch.
    """

    def __init__(self, watchers: Iterable[Watcher], wrappers: Wrappers) -> None:
        self.watchers = tuple(watchers)
        self.wrappers = wrappers
        self._undo: list[tuple[Any, str, Any]] = []

    @functools.cached_property
    def lacking(self) -> dict[str, list[str]]:
        """From each kind that does not hold here in full to what torch lacks for it."""
        found: dict[str, list[str]] = {}
        for watcher in self.watchers:
            if watcher.needed and not any(True for _ in _places(watcher)):
                owner = watcher.owner.__name__.rpartition(".")[2]
                found.setdefault(watcher.kind, []).append(f"{owner}.{watcher.name}")
        return found

    def add(self) -> None:
        """Put them in place."""
        for watcher in self.watchers:
            for owner, name, own in list(_places(watcher)):
                self._undo.append((owner, name, own))
                if isinstance(own, (staticmethod, classmethod)):
                    setattr(owner, name, type(own)(watcher.wrapped(own.__func__)))
                else:
                    setattr(owner, name, watcher.wrapped(own))
        self.wrappers.add()
        forget_handlers(is_of_torch)

    def remove(self) -> None:
        """Give torch its own back."""
        self.wrappers.remove()
        while self._undo:
            setattr(*self._undo.pop())
        forget_handlers(is_of_torch)


def _places(watcher: Watcher) -> Iterator[tuple[Any, str, Any]]:
    owner, name = watcher.owner, watcher.name
    if isinstance(owner, type):
        for cls in _with_subclasses(owner) if watcher.subclasses else (owner,):
            own = vars(cls).get(name)
            if isinstance(own, (FunctionType, staticmethod, classmethod)):
                yield cls, name, own
        return
    own = getattr(owner, "__dict__", {}).get(name)  # a release may not have the class
    if own is None:
        return
    for key, module in list(sys.modules.items()):
        if module is owner or (key.startswith("torch._dynamo") and isinstance(module, ModuleType)):
            for held, value in list(vars(module).items()):
                if value is own:
                    yield module, held, own


def _with_subclasses(cls: type) -> Iterator[type]:
    """``cls`` and all of its subclasses in torch, each once."""
    seen = {cls}
    todo = [cls]
    while todo:
        one = todo.pop()
        yield one
        derived: type
        for derived in type.__subclasses__(one):
            if derived not in seen and derived.__module__.startswith("torch."):
                seen.add(derived)
                todo.append(derived)
