"""What a module call relied on: that there were no hooks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts import Fact, Scope

if TYPE_CHECKING:
    from vartrack.soundness.ledger import Ledger

__all__ = ["Modules"]


class Modules:
    """Notes the modules that were called, and had no hooks.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "modules"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._empty: dict[int, tuple[dict[Any, Any], str, Any]] = {}

    def without_hooks(self, module: object, name: str, hooks: dict[Any, Any]) -> None:
        """Note that the dict ``hooks`` of ``module`` was empty."""
        if id(hooks) in self._empty:
            self.ledger.touch()
        else:
            text = f"that {name} of a {type(module).__qualname__} is empty"
            self._empty[id(hooks)] = hooks, text, self.ledger.note()

    def check(self) -> Callable[[Scope], bool] | None:
        """The check over all dicts of hooks; None if there is none."""
        dicts = [hooks for hooks, _, _ in self._empty.values()]
        return (lambda scope: not any(dicts)) if dicts else None

    def facts(self) -> Iterator[Fact]:
        """Each dict as a fact of its own."""
        for hooks, text, where in self._empty.values():
            yield Fact(self.kind, text, functools.partial(_is_empty, hooks), *where)


def _is_empty(hooks: dict[Any, Any], scope: Scope) -> bool:
    return not hooks
