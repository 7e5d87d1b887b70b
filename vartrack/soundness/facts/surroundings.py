"""What a trace relied on around the values: names that are missing, and settings of the process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts.fact import NOTHING, Fact, Scope
from vartrack.soundness.memory.lying import Lying

if TYPE_CHECKING:
    from vartrack.soundness.memory.together import InMemory
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Surroundings"]


@dataclass(eq=False, slots=True)
class _Given:
    """What a function of the process gave."""

    kind: str
    text: str
    ask: Callable[[], Any]
    answer: Any
    lying: Lying | None
    where: Any

    def holds(self, _: Any = None) -> bool:
        """Whether it gives the same."""
        return bool(self.ask() == self.answer)

    def shows(self, _: Any = None) -> Any:
        """What it gives now."""
        return self.ask()


class Surroundings:
    """Notes names that were not found, and what functions of the process gave.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "state"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._missing: dict[int, tuple[dict[Any, Any], str, dict[Any, Any]]] = {}
        self._given: dict[str, _Given] = {}

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

    def given(
        self,
        text: str,
        ask: Callable[[], Any],
        answer: Any,
        lying: Lying | None = None,
        kind: str = kind,
    ) -> None:
        """Note that ``ask()`` gave ``answer``, which `==` compares.

        Args:
            text: what was asked, in words.
            ask: asks it.
            answer: what that gave.
            lying: where in memory all lies that the answer depends on, if that is known.
            kind: which kind of fact.
        """
        if text in self._given:
            self.ledger.touch()
        else:
            given = _Given(kind, text, ask, answer, lying, self.ledger.note())
            self._given[text] = given
            if lying is not None:
                lying.ask = given.holds

    def in_memory(self) -> Iterable[InMemory]:
        """What was given that depends on what lies in memory."""
        return [given.lying for given in self._given.values() if given.lying is not None]

    def terms(self, names: dict[str, Any]) -> Iterator[str]:
        """What is asked at every call.

        Args:
            names: gets what the text calls.
        """
        for at, (namespace, _, missing) in enumerate(self._missing.values()):
            names[f"__apart_{at}"] = namespace.keys().isdisjoint
            names[f"__missing_{at}"] = tuple(missing)
            yield f"__apart_{at}(__missing_{at})"
        others = (given for given in self._given.values() if given.lying is None)
        for at, given in enumerate(others):
            names[f"__ask_{at}"], names[f"__answer_{at}"] = given.ask, given.answer
            yield f"__ask_{at}() == __answer_{at}"

    def facts(self) -> Iterator[Fact]:
        """Each of them as a fact of its own."""
        for namespace, of, names in self._missing.values():
            for name, where in names.items():
                text = f"that {of} has no {name}"
                lacks = functools.partial(_lacks, namespace, name)
                shows = functools.partial(_found, namespace, name)
                yield Fact(self.kind, text, str(name), lacks, shows, *where)
        for given in self._given.values():
            yield Fact(given.kind, given.text, given.text, given.holds, given.shows, *given.where)


def _lacks(namespace: dict[Any, Any], name: Any, scope: Scope) -> bool:
    return name not in namespace


def _found(namespace: dict[Any, Any], name: Any, scope: Scope) -> Any:
    return namespace.get(name, NOTHING)
