"""`Observer`: looks, at every call that runs what one compile made, at the facts it relied on."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any

from torch._guards import CompileContext

from vartrack.auditing.relied import ChangedFact, ReliedFact
from vartrack.auditing.report import AuditReport
from vartrack.explanation.wording.places import place_in
from vartrack.explanation.wording.telling import shown
from vartrack.soundness.facts.fact import Fact, Scope, is_so

if TYPE_CHECKING:
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Observer"]


class Observer:
    """Stands at the end of the guards of one compile, and always says yes.

    There it is asked only when all guards hold, so that what was compiled is run.

    Args:
        ledger: the facts.
        scope: the names in which torch evaluates sources.
        code: what was compiled.
        report: takes what is found, as long as it is open.

    Attributes:
        relied: the facts, as the report has them.
    """

    def __init__(
        self, ledger: Ledger, scope: dict[str, Any], code: CodeType, report: AuditReport
    ) -> None:
        self.code = code
        self.report: AuditReport | None = report
        self._check = ledger.check(scope)
        self._facts = list(ledger.facts())
        self.relied = [self._relied(fact, scope["L"]) for fact in self._facts]
        self._found: dict[int, ChangedFact] = {}

    def __call__(self, scope: Scope) -> bool:
        """Look at the facts; always True."""
        # while compiling, torch tries the guards it made, and those that failed
        if self.report is not None and CompileContext.try_get() is None:
            for change in self.changed(scope):
                change.stale = True
                change.calls += 1
        return True

    def changed(self, scope: Scope) -> Iterator[ChangedFact]:
        """What is not as it was, written into the report."""
        if self.report is None or self._check(scope):
            return
        for number, (fact, relied) in enumerate(zip(self._facts, self.relied, strict=True)):
            if is_so(fact, scope):
                continue
            if number not in self._found:
                after = shown(fact, scope)
                after += " (another one)" if after == relied.before else ""
                change = ChangedFact(**vars(relied), after=after)
                self._found[number] = self.report.told(change)
            yield self._found[number]

    def close(self) -> None:
        """Look no more, and let go of what was looked at."""
        self.report = None
        self._facts, self.relied = [], []
        self._check = _yes

    def _relied(self, fact: Fact, scope: Scope) -> ReliedFact:
        code = self.code
        return ReliedFact(
            function=getattr(code, "co_qualname", code.co_name),  # from Python 3.11 on
            compiled=place_in(code, code.co_firstlineno),
            kind=fact.kind,
            fact=fact.text,
            source=fact.source,
            before=shown(fact, scope),
            place=None if fact.code is None else place_in(fact.code, fact.line or 0),
        )


def _yes(scope: Scope) -> bool:
    return True
