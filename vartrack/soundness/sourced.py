"""Facts about values that are found anew at every call, by their sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import _get_closure_vars

from vartrack.soundness.facts import Fact, Scope

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.soundness.ledger import Ledger

__all__ = ["Sourced"]


class Sourced:
    """Notes facts about the values of sources.

    Args:
        ledger: the ledger of the compile.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._noted: dict[Any, tuple[str, str, tuple[str, ...], Callable[..., bool], Any]] = {}
        self._scope: dict[str, Any] | None = None

    def rely(
        self, kind: str, key: Any, text: str, sources: Sequence[Source], holds: Callable[..., bool]
    ) -> None:
        """Note that ``holds`` was true of the values of ``sources``.

        Args:
            kind: which kind of fact.
            key: what tells this fact from others; one that is noted already is not noted again.
            text: the fact in words.
            sources: where the values come from; none if the fact is about no value.
            holds: takes the values and says whether it is still so.
        """
        if key in self._noted:
            self.ledger.touch()
            return
        names = tuple(source.name for source in sources)
        self._noted[key] = kind, text, names, holds, self.ledger.note()

    def check(self, scope: dict[str, Any]) -> Callable[[Scope], bool] | None:
        """The check over all facts; None if there is none."""
        self._scope = scope
        checks = [_check(names, holds, scope) for _, _, names, holds, _ in self._noted.values()]
        if not checks:
            return None
        if len(checks) == 1:
            return checks[0]

        def all_hold(now: Scope) -> bool:
            for check in checks:  # noqa: SIM110  # half the time of `all` with a generator
                if not check(now):
                    return False
            return True

        return all_hold

    def facts(self) -> Iterator[Fact]:
        """Each fact of its own."""
        for kind, text, names, holds, where in self._noted.values():
            check = _check(names, holds, self._scope) if self._scope is not None else _unknown
            yield Fact(kind, text, check, *where)


def _unknown(scope: Scope) -> bool:
    return True


def _check(
    names: tuple[str, ...], holds: Callable[..., bool], scope: dict[str, Any]
) -> Callable[[Scope], bool]:
    """A function from the local variables of a call to the answer."""
    namespace = {**_get_closure_vars(), **scope, "__holds": holds}
    namespace.pop("L", None)
    code = f"lambda L: __holds({', '.join(names)})"
    check: Callable[[Scope], bool] = eval(code, namespace)  # noqa: S307  # sources are Python text
    return check
