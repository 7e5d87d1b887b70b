"""What a module call relied on: that there were no hooks, and the class of the module."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo import config

from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.fact import Fact, Scope

if TYPE_CHECKING:
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Modules"]


class Modules:
    """Notes the modules that were called, and had no hooks.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "modules"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._empty: dict[int, tuple[dict[Any, Any], str, str, Any]] = {}
        self._classes: dict[int, tuple[weakref.ref[Any], type, Any]] = {}

    def without_hooks(self, module: object, name: str, hooks: dict[Any, Any]) -> None:
        """Note that the dict ``hooks`` of ``module`` was empty."""
        if id(hooks) in self._empty:
            self.ledger.touch()
        else:
            text = f"that {name} of {with_article(type(module))} is empty"
            self._empty[id(hooks)] = hooks, name, text, self.ledger.note()

    def called(self, module: object) -> None:
        """Note the class of ``module``, which torch guards, and passes by if no dict changed.

        It does so only where ``config.use_recursive_dict_tags_for_guards`` is on.
        """
        if config.use_recursive_dict_tags_for_guards and id(module) not in self._classes:
            self._classes[id(module)] = weakref.ref(module), type(module), self.ledger.note()

    def terms(self, names: dict[str, Any]) -> Iterator[str]:
        """What is asked at every call.

        Args:
            names: gets what the text calls.
        """
        if self._empty:
            names["__hooks"] = [hooks for hooks, *_ in self._empty.values()]
            yield "not any(__hooks)"
        if self._classes:
            names["__called"] = [(module, cls) for module, cls, _ in self._classes.values()]
            names["__is_of"] = _is_of
            yield "all(__is_of(module, cls) for module, cls in __called)"

    def facts(self) -> Iterator[Fact]:
        """Each dict as a fact of its own."""
        for hooks, name, text, where in self._empty.values():
            holds, shows = functools.partial(_is_empty, hooks), functools.partial(_count, hooks)
            yield Fact(self.kind, text, name, holds, shows, *where)
        for module, cls, where in self._classes.values():
            text = f"that a module is {with_article(cls)}"
            holds, shows = functools.partial(_is_of, module, cls), functools.partial(_class, module)
            yield Fact(self.kind, text, cls.__qualname__, holds, shows, *where)


def _is_of(module: weakref.ref[Any], cls: type, _: Any = None) -> bool:
    held = module()
    return held is None or type(held) is cls


def _is_empty(hooks: dict[Any, Any], scope: Scope) -> bool:
    return not hooks


def _count(hooks: dict[Any, Any], scope: Scope) -> int:
    return len(hooks)


def _class(module: weakref.ref[Any], scope: Scope) -> Any:
    return type(module())
