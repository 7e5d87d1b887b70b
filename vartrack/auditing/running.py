"""`audit`: a program as it is, and a look at what it relies on."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

import torch
from torch._dynamo import guards

from vartrack.auditing.lazily import nothing_built
from vartrack.auditing.observer import Observer
from vartrack.auditing.report import AuditReport
from vartrack.compat import shared
from vartrack.core.wrapping.replacing import replaced
from vartrack.defaults import stock
from vartrack.explanation.target.blame import raised
from vartrack.installation import audited
from vartrack.soundness.kinds import OF_TORCH
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.registry import SoundRegistry
from vartrack.soundness.watchers.all import WATCHERS

__all__ = ["audit", "audit_calls", "make_calls"]


class _Audited(SoundRegistry):
    """Torch's own decisions, and the facts that they rely on, written down."""

    always_attached = (WATCHERS,)  # and nothing that puts torch right

    def ledger(self) -> Ledger:
        """What notes the facts of a compile that begins now, and changes nothing."""
        return Ledger(self._kinds - OF_TORCH, guards=False)


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
    looking = _Looking(AuditReport(target))
    registry = _Audited("torch's own decisions")
    registry._copy(stock)
    registry.warn_of_gaps()
    earlier = guards.guard_manager_testing_hook_fn
    hook = looking.after(earlier)
    try:
        with (
            audited(registry),
            nothing_built(),
            replaced(guards, "guard_manager_testing_hook_fn", hook),
        ):
            yield looking.report
    finally:
        looking.close()


def audit_calls(
    fn: Callable[..., Any],
    calls: Iterable[tuple[tuple[Any, ...], dict[str, Any]]],
    *,
    target: str = "the calls",
    fullgraph: bool = False,
    dynamic: bool | None = None,
) -> AuditReport:
    """Compile ``fn`` with a backend that does nothing, make several calls, and audit them.

    Args:
        fn: what is compiled.
        calls: the arguments and keyword arguments of each.
        target: what to call it in the report.
        fullgraph: as of `torch.compile`.
        dynamic: as of `torch.compile`.

    Returns:
        The report; its ``error`` says what a call raised, after which no other is made.

    .. versionadded:: 0.2
    """
    with audit(target) as report:
        make_calls(report, fn, calls, fullgraph=fullgraph, dynamic=dynamic)
    return report


def make_calls(
    report: AuditReport,
    fn: Callable[..., Any],
    calls: Iterable[tuple[tuple[Any, ...], dict[str, Any]]],
    *,
    fullgraph: bool,
    dynamic: bool | None,
) -> None:
    """Compile ``fn`` and make the calls, and write into ``report`` what one raises."""
    compiled = torch.compile(fn, backend="eager", fullgraph=fullgraph, dynamic=dynamic)
    try:
        for args, kwargs in calls:
            compiled(*args, **kwargs)
    except Exception as error:
        report.error = raised(error)


class _Looking:
    """One audit: its report, and the observers of what was compiled meanwhile.

    Args:
        report: takes what is found.
    """

    def __init__(self, report: AuditReport) -> None:
        self.report = report
        self._observers: defaultdict[CodeType, list[Observer]] = defaultdict(list)
        self._known: set[tuple[Any, ...]] = set()

    def after(self, earlier: Callable[..., None] | None) -> Callable[..., None]:
        """What is called when the guards of a compile were made, in the place of ``earlier``."""

        def made(manager: Any, scope: dict[str, Any], builder: Any) -> None:
            output = builder.check_fn_manager.output_graph
            ledger = getattr(getattr(output, "vartrack_compile", None), "ledger", None)
            if ledger is not None and not ledger.guards:
                self._observe(manager, builder, ledger)
            if earlier is not None:
                earlier(manager, scope, builder)

        return made

    def _observe(self, manager: Any, builder: Any, ledger: Ledger) -> None:
        for other in self._observers[builder.f_code]:
            for _ in other.changed(builder.scope["L"]):
                pass  # what changed is in the report; it is compiled anew, so no answer is old
        observer = Observer(ledger, builder.scope, builder.f_code, self.report)
        self._observers[builder.f_code].append(observer)
        shared.ask_last(manager.root, observer, [f"vartrack.audit: {len(observer.relied)} facts"])
        self.report.compiles += 1
        self.report.unread += ledger.unread
        for relied in observer.relied:
            if relied.identity not in self._known:
                self._known.add(relied.identity)
                self.report.facts.append(relied)

    def close(self) -> None:
        """Have the observers look no more."""
        for observers in self._observers.values():
            for observer in observers:
                observer.close()
