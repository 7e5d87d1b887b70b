"""Facts about values that are found anew at every call, by their sources."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.guards import _get_closure_vars
from torch._dynamo.source import is_constant_source

from vartrack.core.sources.stored_items import NAMES, text_of
from vartrack.soundness.facts.fact import Fact, Scope
from vartrack.soundness.facts.in_text import Equal, asked_in_text
from vartrack.soundness.facts.reads import Reads

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Holds", "Sourced", "name_of", "names_in", "read"]

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
        *,
        lasting: bool = False,
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
            lasting: whether the answer is the same as long as the values are the same objects.
        """
        key = (kind, key)
        if key in self._noted:
            self.ledger.touch()
        else:
            shows = shows or _themselves
            where = self.ledger.note()
            self._noted[key] = _Relied(kind, text, tuple(sources), make, shows, where, lasting)

    def asked(
        self,
        kind: str,
        key: Hashable,
        text: str,
        sources: Sequence[Source],
        ask: Callable[..., Any],
        *,
        lasting: bool = False,
    ) -> None:
        """Note that what ``ask`` says of the values of ``sources`` was relied on.

        Args:
            kind: which kind of fact.
            key: what tells this fact from others.
            text: the fact in words.
            sources: where the values come from.
            ask: takes the values, and gives what `==` compares.
            lasting: as of `rely`.
        """
        make = functools.partial(Equal, ask)
        self.rely(kind, key, text, sources, make, ask, lasting=lasting)

    def lasting(self) -> Iterator[Source]:
        """Where the values of facts come from that last as long as these are the same objects."""
        for relied in self._noted.values():
            if relied.lasting:
                yield from relied.sources

    def terms(self, scope: dict[str, Any], names: dict[str, Any]) -> Iterator[str]:
        """What is asked at every call, to be evaluated in this order.

        Args:
            scope: what values are read from now.
            names: the same without the local variables; gets what the text calls.
        """
        settled = [
            relied
            for relied in self._noted.values()
            if self._settle(relied, scope, names) and not self._is_asked_elsewhere(relied)
        ]
        reads = Reads(source for relied in settled for source in relied.sources)
        for at, relied in enumerate(settled):
            yield relied.term(names, f"__holds_{at}", reads.text)

    def _is_asked_elsewhere(self, relied: _Relied) -> bool:
        """Whether it is asked only where something on the way to the values has changed."""
        holds = relied.holds if relied.lasting else None
        return holds is not None and self.ledger.own_dicts.ask(relied.sources, holds)

    def _settle(self, relied: _Relied, scope: dict[str, Any], names: dict[str, Any]) -> bool:
        """Whether there is something to ask at later calls."""
        try:
            return relied.settle(scope, names, self.ledger.texts)
        except Exception as error:
            if isinstance(error, AttributeError) and self.ledger.ends_missing:
                return False  # of what is not there, which the compiled function raises
            if self.ledger.guards:
                _refuse(relied, error)
            self.ledger.unread += 1
            return False

    def facts(self) -> Iterator[Fact]:
        """Each fact of its own."""
        for relied in self._noted.values():
            if relied.holds is not None:
                source = ", ".join(source.name for source in relied.sources)
                check, shows = relied.is_so, relied.shown
                yield Fact(relied.kind, relied.text, source, check, shows, *relied.where)


@dataclass(eq=False)
class _Relied:
    """One fact, and what is asked about it once the guards are made."""

    kind: str
    text: str
    sources: tuple[Source, ...]
    make: Callable[..., Holds | None]
    shows: Callable[..., Any]
    where: Any
    lasting: bool
    holds: Holds | None = None
    names: dict[str, Any] = field(default_factory=dict)

    def settle(self, scope: dict[str, Any], names: dict[str, Any], texts: dict[str, str]) -> bool:
        """Settle what is to be asked of the values; whether there is something.

        Args:
            scope: what they are read from now.
            names: the same without the local variables, which must not live as long as the guard.
            texts: by the names of sources the text that reads them, to which more is added.
        """
        self.holds = self.make(*read(self.sources, scope, texts))
        self.names = names
        return self.holds is not None

    def term(
        self, names: dict[str, Any], name: str, text: Callable[[Source], str] = text_of
    ) -> str:
        """The question as Python text.

        Args:
            names: gets what the text calls.
            name: the name of it there.
            text: what reads a source.
        """
        operands = [text(source) for source in self.sources]
        assert self.holds is not None  # one of which nothing is asked is left out
        return asked_in_text(self.holds, name, names, operands)

    @functools.cached_property
    def _check(self) -> Callable[[Scope], bool]:
        names = dict(self.names)
        check: Callable[[Scope], bool] = eval(f"lambda L: {self.term(names, '__holds')}", names)
        return check

    def is_so(self, now: Scope) -> bool:
        """Whether it is still so at a call."""
        return self._check(now)

    def shown(self, now: Scope) -> Any:
        """What is to be told of the values at a call."""
        return self.shows(*read(self.sources, {**self.names, "L": now}))


def _refuse(relied: _Relied, error: Exception) -> None:
    """The trace went on with a value that is not there: its function is left to Python."""
    unimplemented(
        gb_type="vartrack: a fact about a value that cannot be read",
        context=", ".join(source.name for source in relied.sources),
        explanation=f"The trace relied on {relied.text}. Reading that raises "
        f"{type(error).__name__}: {error}",
        hints=["Read it outside of the compiled function."],
        from_exc=error,
    )


def names_in(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The names that sources are read by, but for the local variables of a call."""
    names = {**_get_closure_vars(), **NAMES, **scope}
    del names["L"]
    return names


def _themselves(*values: Any) -> Any:
    return values[0] if len(values) == 1 else values


def read(
    sources: Sequence[Source], scope: dict[str, Any], texts: dict[str, str] | None = None
) -> tuple[Any, ...]:
    """The values of ``sources`` in ``scope``, the names that torch evaluates sources in.

    Args:
        sources: what is read.
        scope: these names.
        texts: as of `text_of`.
    """
    text = "".join(f"{text_of(source, texts)}, " for source in sources)
    values = eval(f"({text})", {**_get_closure_vars(), **NAMES, **scope})
    return tuple(values)
