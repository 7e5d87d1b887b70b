"""Runs one program compiled and not, and judges what came out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import torch
import torch._dynamo

import vartrack
from cases.registering import Case, Plan

#: What a program can come to, the better the earlier. Another number is another rank.
RANKS = {"ok": 0, "recompiles": 1, "graph break": 2, "crash": 3, "stale": 4, "wrong": 4}

#: Exceptions by which Dynamo says that it cannot go on.
_REFUSALS = {"Unsupported", "UncapturedHigherOrderOpError", "UserError", "ObservedException"}


@dataclasses.dataclass
class Found:
    """What a program came to.

    ``otherwise`` is the status without ``fullgraph=True``, where that made a difference. ``told``
    is what an audit said of answers that may be old, on the side that has one.
    """

    name: str
    status: str
    detail: str
    otherwise: str = ""
    otherwise_detail: str = ""
    seconds: float = 0.0
    told: list[str] = dataclasses.field(default_factory=list)

    @property
    def rank(self) -> int:
        return RANKS[self.status]

    @property
    def rank_with_breaks(self) -> int:
        """The rank when graphs may break; how often it was compiled does not count then."""
        rank = RANKS[self.otherwise or self.status]
        return 0 if rank == RANKS["recompiles"] else rank


@dataclasses.dataclass
class Step:
    """What one call gave, and how many graphs there were then."""

    result: Any
    graphs: int
    error: Exception | None = None


def run_audited(case: Case) -> Found:
    """Run one program, and write down what `vartrack.audit` says of it."""
    with vartrack.audit(case.name) as report:
        found = run_case(case)
    found.told = [str(change) for change in report.stale]
    return found


def run_case(case: Case) -> Found:
    """Run one program, not compiled and compiled."""
    started = time.perf_counter()
    expected = _steps(case.plan, lambda function, **options: function, [0])
    _restore()
    status, detail = judge(expected, *_compiled(case.plan, fullgraph=True), case.needs)
    found = Found(case.name, status, detail)
    if status in ("graph break", "crash"):
        loose = judge(expected, *_compiled(case.plan, fullgraph=False), case.needs)
        found.otherwise, found.otherwise_detail = loose
    found.seconds = round(time.perf_counter() - started, 2)
    return found


def _compiled(plan: Plan, fullgraph: bool) -> tuple[list[Step], int]:
    """The steps of a program that is compiled, and how many graphs that took."""
    torch._dynamo.reset()
    counter = [0]

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Callable[..., Any]:
        counter[0] += 1
        return graph.forward

    def wrap(function: Any, **options: Any) -> Any:
        return torch.compile(function, backend=backend, fullgraph=fullgraph, **options)

    try:
        return _steps(plan, wrap, counter), counter[0]
    finally:
        _restore()


def _steps(plan: Plan, wrap: Callable[..., Any], counter: list[int]) -> list[Step]:
    steps = []
    for call in plan(wrap):
        try:
            steps.append(Step(_plain(call()), counter[0]))
        except Exception as error:
            steps.append(Step(("raised", type(error).__name__), counter[0], error))
    return steps


def _restore() -> None:
    """What programs may have left behind."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)


def judge(expected: list[Step], got: list[Step], graphs: int, needs: int) -> tuple[str, str]:
    """The status, and what it is about."""
    before = 0
    for index, (want, have) in enumerate(zip(expected, got, strict=False)):
        if want.result != have.result:
            if have.error is not None:
                text = (str(have.error).strip().splitlines() or [""])[0][:200]
                name = type(have.error).__name__
                return ("graph break", text) if name in _REFUSALS else ("crash", f"{name}: {text}")
            # no graph was made for this call: it ran one of an earlier
            status = "stale" if index and have.graphs == before else "wrong"
            return status, f"want {_short(want.result)} got {_short(have.result)}"
        before = have.graphs
    if len(expected) != len(got):
        return "crash", f"{len(got)} steps instead of {len(expected)}"
    return "recompiles" if graphs > needs else "ok", f"{graphs} graphs, {needs} are enough"


def _plain(value: Any, depth: int = 0) -> Any:
    """What a result looks like, for comparing."""
    kind = type(value).__name__
    if isinstance(value, torch.Tensor):
        numbers = repr(value.detach().tolist())
        if type(value) is torch.Tensor or isinstance(value, torch.nn.Parameter):
            return ("tensor", str(value.dtype), tuple(value.shape), numbers)
        return kind, numbers
    if depth > 6:
        return kind
    if isinstance(value, (list, tuple)):
        return kind, [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return kind, [(_plain(k, depth + 1), _plain(v, depth + 1)) for k, v in value.items()]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(repr(_plain(item, depth + 1)) for item in value)
    return kind, repr(value).split(" at 0x")[0]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 160 else text[:157] + "..."
