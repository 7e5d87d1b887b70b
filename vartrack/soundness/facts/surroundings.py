"""What a trace relied on around the values: names that are missing, and settings of the process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts.fact import NOTHING, Fact, Scope

if TYPE_CHECKING:
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Surroundings"]


class Surroundings:
    """Notes names that were not found, and what functions of the process gave.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "state"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._missing: dict[int, tuple[dict[Any, Any], str, dict[Any, Any]]] = {}
        self._given: dict[Any, tuple[str, Callable[[], Any], Any, Any]] = {}

    def missing(self, namespace: dict[Any, Any], name: Any, of: str = "") -> None:
        """Note that ``namespace`` does not have ``name``.

        Args:
            namespace: the names of a module, or another table.
            name: what was looked for.
            of: whose they are; by default what the module is called.
        """
        of = of or namespace.get("__name__", "a module")
        _, _, names = self._missing.setdefault(id(namespace), (namespace, of, {}))
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
        asked: dict[str, Any] = {}
        terms = []
        for at, (namespace, _, names) in enumerate(self._missing.values()):
            asked[f"apart_{at}"], asked[f"names_{at}"] = namespace.keys().isdisjoint, tuple(names)
            terms.append(f"apart_{at}(names_{at})")
        for at, (_, ask, answer, _) in enumerate(self._given.values()):
            asked[f"ask_{at}"], asked[f"answer_{at}"] = ask, answer
            terms.append(f"ask_{at}() == answer_{at}")
        return eval(f"lambda scope: {' and '.join(terms)}", asked) if terms else None

    def facts(self) -> Iterator[Fact]:
        """Each of them as a fact of its own."""
        for namespace, of, names in self._missing.values():
            for name, where in names.items():
                text = f"that {of} has no {name}"
                lacks = functools.partial(_lacks, namespace, name)
                shows = functools.partial(_found, namespace, name)
                yield Fact(self.kind, text, str(name), lacks, shows, *where)
        for text, ask, answer, where in self._given.values():
            gives, shows = functools.partial(_gives, ask, answer), functools.partial(_asked, ask)
            yield Fact(self.kind, text, text, gives, shows, *where)


def _lacks(namespace: dict[Any, Any], name: Any, scope: Scope) -> bool:
    return name not in namespace


def _found(namespace: dict[Any, Any], name: Any, scope: Scope) -> Any:
    return namespace.get(name, NOTHING)


def _gives(ask: Callable[[], Any], answer: Any, scope: Scope) -> bool:
    return bool(ask() == answer)


def _asked(ask: Callable[[], Any], scope: Scope) -> Any:
    return ask()
