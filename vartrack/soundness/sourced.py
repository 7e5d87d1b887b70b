"""Facts about values that are found anew at every call, by their sources."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import _get_closure_vars
from torch._dynamo.source import is_constant_source

from vartrack.soundness.facts import Fact, Scope

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.soundness.ledger import Ledger

__all__ = ["Holds", "Sourced", "name_of", "read"]

Holds = Callable[..., bool]


def name_of(source: Source | None) -> str | None:
    """``source`` as Python text; None if it leads to nothing that can be read at another call."""
    if source is None or is_constant_source(source):
        return None
    try:
        return source.name or None
    except NotImplementedError:  # a temporary of torch's own
        return None


class Sourced:
    """Notes facts about the values of sources.

    Args:
        ledger: the ledger of the compile.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._noted: dict[Any, _Relied] = {}

    def rely(
        self,
        kind: str,
        key: Hashable,
        text: str,
        sources: Sequence[Source],
        make: Callable[..., Holds | None],
    ) -> None:
        """Note that something was relied on about the values of ``sources``.

        Args:
            kind: which kind of fact.
            key: what tells this fact from others; one that is noted already is not noted again.
            text: the fact in words.
            sources: where the values come from.
            make: takes the values before the first call, and gives a function that takes those of
                another call and says whether it is still so; None if there is nothing to ask.
        """
        key = (kind, key)
        if key in self._noted:
            self.ledger.touch()
        else:
            self._noted[key] = _Relied(kind, text, tuple(sources), make, self.ledger.note())

    def check(self, scope: dict[str, Any]) -> Callable[[Scope], bool] | None:
        """The check over all facts; None if there is none."""
        settled = (relied.settle(scope) for relied in self._noted.values())
        checks = [check for check in settled if check is not None]
        return _all_of(checks) if len(checks) > 1 else checks[0] if checks else None

    def facts(self) -> Iterator[Fact]:
        """Each fact of its own."""
        for relied in self._noted.values():
            if relied.check is not None:
                yield Fact(relied.kind, relied.text, relied.check, *relied.where)


def _all_of(checks: list[Callable[[Scope], bool]]) -> Callable[[Scope], bool]:
    def all_hold(now: Scope) -> bool:
        for check in checks:  # noqa: SIM110  # half the time of `all` with a generator
            if not check(now):
                return False
        return True

    return all_hold


@dataclass(eq=False)
class _Relied:
    """One fact, and its check once the guards are made."""

    kind: str
    text: str
    sources: tuple[Source, ...]
    make: Callable[..., Holds | None]
    where: Any
    check: Callable[[Scope], bool] | None = None

    def settle(self, scope: dict[str, Any]) -> Callable[[Scope], bool] | None:
        """A function from the local variables of a call to the answer; None if none is needed."""
        holds = self.make(*read(self.sources, scope))
        if holds is None:
            return None
        namespace = {**_get_closure_vars(), **scope, "__holds": holds}
        del namespace["L"]
        self.check = eval(f"lambda L: __holds({_text(self.sources)})", namespace)
        return self.check


def read(sources: Sequence[Source], scope: dict[str, Any]) -> tuple[Any, ...]:
    """The values of ``sources`` in ``scope``, the names that torch evaluates sources in."""
    values = eval(f"({_text(sources)},)", {**_get_closure_vars(), **scope})
    return tuple(values)


def _text(sources: Sequence[Source]) -> str:
    return ", ".join(source.name for source in sources)
