"""Facts about values that are found anew at every call, by their sources."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
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
    if source is None or is_constant_source(source) or source.is_ephemeral():
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
        shows: Callable[..., Any] | None = None,
    ) -> None:
        """Note that something was relied on about the values of ``sources``.

        Args:
            kind: which kind of fact.
            key: what tells this fact from others; one that is noted already is not noted again.
            text: the fact in words.
            sources: where the values come from.
            make: takes the values before the first call, and gives a function that takes those of
                another call and says whether it is still so; None if there is nothing to ask.
            shows: takes the values, and gives what is to be told of them; themselves by default.
        """
        key = (kind, key)
        if key in self._noted:
            self.ledger.touch()
        else:
            shows = shows or _themselves
            self._noted[key] = _Relied(kind, text, tuple(sources), make, shows, self.ledger.note())

    def asked(
        self,
        kind: str,
        key: Hashable,
        text: str,
        sources: Sequence[Source],
        ask: Callable[..., Any],
    ) -> None:
        """Note that what ``ask`` says of the values of ``sources`` was relied on.

        Args:
            kind: which kind of fact.
            key: what tells this fact from others.
            text: the fact in words.
            sources: where the values come from.
            ask: takes the values, and gives what `==` compares.
        """
        self.rely(kind, key, text, sources, functools.partial(_same, ask), ask)

    def check(self, scope: dict[str, Any]) -> Callable[[Scope], bool] | None:
        """The check over all facts; None if there is none."""
        settled = (self._settle(relied, scope) for relied in self._noted.values())
        checks = [check for check in settled if check is not None]
        return _all_of(checks) if len(checks) > 1 else checks[0] if checks else None

    def _settle(self, relied: _Relied, scope: dict[str, Any]) -> Callable[[Scope], bool] | None:
        try:
            return relied.settle(scope)
        except Exception:
            if self.ledger.guards:
                raise
            self.ledger.unread += 1
            return None

    def facts(self) -> Iterator[Fact]:
        """Each fact of its own."""
        for relied in self._noted.values():
            if relied.check is not None:
                source = ", ".join(source.name for source in relied.sources)
                check, shows = relied.check, relied.shown
                yield Fact(relied.kind, relied.text, source, check, shows, *relied.where)


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
    shows: Callable[..., Any]
    where: Any
    check: Callable[[Scope], bool] | None = None
    names: dict[str, Any] = field(default_factory=dict)

    def settle(self, scope: dict[str, Any]) -> Callable[[Scope], bool] | None:
        """A function from the local variables of a call to the answer; None if none is needed."""
        holds = self.make(*read(self.sources, scope))
        if holds is None:
            return None
        self.names = {**_get_closure_vars(), **scope, "__holds": holds}
        del self.names["L"]
        self.check = eval(f"lambda L: __holds({_text(self.sources)})", self.names)
        return self.check

    def shown(self, now: Scope) -> Any:
        """What is to be told of the values at a call."""
        return self.shows(*read(self.sources, {**self.names, "L": now}))


def _same(ask: Callable[..., Any], *values: Any) -> Holds:
    answer = ask(*values)
    return lambda *values: bool(ask(*values) == answer)


def _themselves(*values: Any) -> Any:
    return values[0] if len(values) == 1 else values


def read(sources: Sequence[Source], scope: dict[str, Any]) -> tuple[Any, ...]:
    """The values of ``sources`` in ``scope``, the names that torch evaluates sources in."""
    values = eval(f"({_text(sources)},)", {**_get_closure_vars(), **scope})
    return tuple(values)


def _text(sources: Sequence[Source]) -> str:
    return ", ".join(source.name for source in sources)
