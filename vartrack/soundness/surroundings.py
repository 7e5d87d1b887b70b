"""What a trace relied on around the values: names that are missing, and settings of the process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts import NOTHING, Fact, Scope

if TYPE_CHECKING:
    from vartrack.soundness.ledger import Ledger

__all__ = ["Surroundings"]


class Surroundings:
    """Notes names that were not found, and what functions of the process gave.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "state"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._missing: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._given: dict[Any, tuple[str, Callable[[], Any], Any, Any]] = {}

    def missing(self, namespace: dict[str, Any], name: str) -> None:
        """Note that ``namespace`` does not have ``name``."""
        _, names = self._missing.setdefault(id(namespace), (namespace, {}))
        if name in names:
            self.ledger.touch()
        else:
            names[name] = self.ledger.note()

    def given(self, text: str, ask: Callable[[], Any], answer: Any) -> None:
        """Note that ``ask()`` gave ``answer``, which `==` compares."""
        if text in self._given:
            self.ledger.touch()
        else:
            self._given[text] = text, ask, answer, self.ledger.note()

    def check(self) -> Callable[[Scope], bool] | None:
        """The check over all of them; None if there is none."""
        apart = [
            (namespace.keys().isdisjoint, tuple(names))
            for namespace, names in self._missing.values()
        ]
        given = [(ask, answer) for _, ask, answer, _ in self._given.values()]
        if not apart and not given:
            return None

        def check(scope: Scope) -> bool:
            for isdisjoint, names in apart:
                if not isdisjoint(names):
                    return False
            return all(ask() == answer for ask, answer in given)

        return check

    def facts(self) -> Iterator[Fact]:
        """Each of them as a fact of its own."""
        for namespace, names in self._missing.values():
            for name, where in names.items():
                text = f"that {namespace.get('__name__', 'a module')} has no {name}"
                lacks = functools.partial(_lacks, namespace, name)
                shows = functools.partial(_found, namespace, name)
                yield Fact(self.kind, text, name, lacks, shows, *where)
        for text, ask, answer, where in self._given.values():
            gives, shows = functools.partial(_gives, ask, answer), functools.partial(_asked, ask)
            yield Fact(self.kind, text, text, gives, shows, *where)


def _lacks(namespace: dict[str, Any], name: str, scope: Scope) -> bool:
    return name not in namespace


def _found(namespace: dict[str, Any], name: str, scope: Scope) -> Any:
    return namespace.get(name, NOTHING)


def _gives(ask: Callable[[], Any], answer: Any, scope: Scope) -> bool:
    return bool(ask() == answer)


def _asked(ask: Callable[[], Any], scope: Scope) -> Any:
    return ask()
