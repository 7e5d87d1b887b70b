"""`audit`: run a program as it is, and look at what it relies on."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from torch._dynamo import guards

from vartrack.auditing.lazily import nothing_built
from vartrack.auditing.observer import Observer
from vartrack.auditing.report import AuditReport
from vartrack.compat import shared
from vartrack.core.replacing import replaced
from vartrack.defaults import stock
from vartrack.installation import audited
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.registry import SoundRegistry

__all__ = ["audit"]


class _Audited(SoundRegistry):
    """Torch's own decisions, and the facts that they rely on, written down."""

    def ledger(self) -> Ledger:
        """What notes the facts of a compile that begins now, and changes nothing."""
        return Ledger(self._kinds, guards=False)


@contextlib.contextmanager
def audit(target: str = "the program") -> Iterator[AuditReport]:
    """Find the facts that the program in the block relies on without a guard, and that change.

    The program runs as it would on torch alone, or on the registry in force: what is compiled in
    the block, in all threads, has the same graphs and guards. At every later call of it the facts
    are looked at that `vartrack.sound` would guard. What was compiled before the block is not
    looked at, nor what is compiled on torch's own builder in a ``vartrack.use(None)`` block.

    Args:
        target: what to call the program in the report.

    Returns:
        For the ``with`` statement, the report, which fills while the block runs. Its ``stale`` are
        the facts that had changed when what relied on them ran.

    .. versionadded:: 0.2
    """
    report = AuditReport(target)
    observers: defaultdict[CodeType, list[Observer]] = defaultdict(list)
    registry = _Audited("torch's own decisions")
    registry._copy(stock)
    earlier: Callable[..., None] | None = guards.guard_manager_testing_hook_fn

    def made(manager: Any, scope: dict[str, Any], builder: Any) -> None:
        """The guards of a compile were made."""
        output = builder.check_fn_manager.output_graph
        ledger = getattr(getattr(output, "vartrack_compile", None), "ledger", None)
        if ledger is not None and not ledger.guards:
            _observe(report, observers, manager, builder, ledger)
        if earlier is not None:
            earlier(manager, scope, builder)

    try:
        with (
            audited(registry),
            nothing_built(),
            replaced(guards, "guard_manager_testing_hook_fn", made),
        ):
            yield report
    finally:
        for same_code in observers.values():
            for observer in same_code:
                observer.close()


def _observe(
    report: AuditReport,
    observers: dict[CodeType, list[Observer]],
    manager: Any,
    builder: Any,
    ledger: Ledger,
) -> None:
    code = builder.f_code
    for other in observers[code]:
        for _ in other.changed(builder.scope["L"]):  # compiled anew, so no answer is old
            pass
    observer = Observer(ledger, builder.scope, code, report)
    observers[code].append(observer)
    said = [f"vartrack.audit: looks at {report.facts} facts"]
    shared.ask_last(manager.root, observer, said)
