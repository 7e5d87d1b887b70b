"""`Watchers`: functions of torch that say what they are asked, while vartrack is installed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from vartrack.core.handlers import forget_handlers, is_of_torch
from vartrack.soundness.ledger import current

__all__ = ["Watcher", "Watchers"]


@dataclass(frozen=True)
class Watcher:
    """What is to be noted where torch calls one of its own functions.

    Attributes:
        owner: the class or module that has it.
        name: its name there.
        kind: the kind of fact.
        before: called with the ledger and what the function is called with, before it runs.
        after: called with the ledger, what the function returned, and its arguments.
        instead: called with the ledger, the function, and its arguments, in its place.
        subclasses: whether methods of subclasses that override it are watched too.
    """

    owner: Any
    name: str
    kind: str
    before: Callable[..., None] | None = None
    after: Callable[..., None] | None = None
    instead: Callable[..., Any] | None = None
    subclasses: bool = True

    def wrapped(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """``own``, with the notes."""
        kind, before, after, instead = self.kind, self.before, self.after, self.instead

        @functools.wraps(own)
        def call(*args: Any, **kwargs: Any) -> Any:
            ledger = current()
            if ledger is None or kind not in ledger.kinds:
                return own(*args, **kwargs)
            if instead is not None:
                return instead(ledger, own, *args, **kwargs)
            if before is not None:
                before(ledger, *args, **kwargs)
            result = own(*args, **kwargs)
            if after is not None:
                after(ledger, result, *args, **kwargs)
            return result

        return call


class Watchers:
    """Puts watchers in place, and takes them away again.

    A method is watched in every class of torch's that has one of its own, a function of a module
    wherever a module of Dynamo holds it.

    Args:
        watchers: the watchers.
    """

    def __init__(self, watchers: Iterable[Watcher]) -> None:
        self.watchers = tuple(watchers)
        self._undo: list[tuple[Any, str, Any]] = []

    def add(self) -> None:
        """Put them in place."""
        for watcher in self.watchers:
            for owner, name, own in list(_places(watcher)):
                self._undo.append((owner, name, own))
                if isinstance(own, (staticmethod, classmethod)):
                    setattr(owner, name, type(own)(watcher.wrapped(own.__func__)))
                else:
                    setattr(owner, name, watcher.wrapped(own))
        forget_handlers(is_of_torch)

    def remove(self) -> None:
        """Give torch its own back."""
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
    own = vars(owner).get(name)
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
