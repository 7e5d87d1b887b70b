"""What real builds made of the values of each category, on each release.

The examples of all rows, made rows and order rules are built in both halves, and some programs
compiled; what every visitor gave is kept in ``builds/2.13.json`` and its like, one file a release:

    python docs/make/builds.py [FOLDER]

`categories_page` makes a page of them, and a test holds the running release to its file.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "helpers")]

import numpy as np
import order_values
import torch
from made_rows import CASES, PROGRAMS
from order_rules import RULES
from rich.console import Console
from rich.progress import track
from rows import ROWS, Example, build
from torch._dynamo.exc import Unsupported
from torch._dynamo.source import FloatTensorSource, NumpyTensorSource
from torch._dynamo.variables.base import VariableTracker

import vartrack
from vartrack import BuilderContext, compat
from vartrack.core.halves import Traced
from vartrack.core.recording import Build
from vartrack.visitors import STOCK

__all__ = ["FOLDER", "HALVES", "Found", "gather", "read", "release"]

FOLDER = Path(__file__).parent / "builds"
HALVES = ("sourced", "sourceless", "traced")


@dataclass
class Found:
    """What was found of one visitor in one half.

    Attributes:
        trackers: the tracker classes that came out, by name; "" stands for a graph break.
        always: the guard kinds that every build installed.
        sometimes: those that some did.
        inputs: whether the values became graph inputs: ``"never"``, ``"some"`` or ``"all"``.
    """

    trackers: list[str] = field(default_factory=list)
    always: list[str] = field(default_factory=list)
    sometimes: list[str] = field(default_factory=list)
    inputs: str = "never"

    @classmethod
    def of(cls, builds: list[tuple[str, frozenset[str], bool]]) -> Found:
        """Put together what the tracker, guards and input of each of ``builds`` were."""
        kinds = [guards for tracker, guards, _ in builds if tracker] or [frozenset()]
        always, any_ = frozenset.intersection(*kinds), frozenset.union(*kinds)
        inputs = {graph_input for tracker, _, graph_input in builds if tracker} or {False}
        return cls(
            sorted({tracker for tracker, _, _ in builds}),
            sorted(always),
            sorted(any_ - always),
            {True: "all", False: "never"}[inputs.pop()] if len(inputs) == 1 else "some",
        )


class _Recorder(vartrack.Recorder):
    """Also sees that a number or an array becomes an input by travelling as a tensor."""

    def watch(
        self, build: Callable[..., VariableTracker], ctx: BuilderContext, value: Any
    ) -> VariableTracker:
        index = len(self.builds)
        source = ctx.source
        tracker = super().watch(build, ctx, value)
        graph = getattr(ctx.tx.output, "graph", None)
        for node in graph.nodes if graph is not None and source is not None else ():
            arg = node.meta.get("grapharg")
            of = getattr(arg, "source", None)
            if of is not None and source in (of, getattr(of, "base", None)):
                self.builds[index].graph_input |= of == source or isinstance(of, _TRAVELLING)
        return tracker


_TRAVELLING = (FloatTensorSource, NumpyTensorSource)

#: For each half, for each visitor by name.
Evidence = dict[str, dict[str, Found]]


def release() -> str:
    """The running release, such as ``"2.13"``."""
    return f"{compat.RUNNING.major}.{compat.RUNNING.minor}"


def read(folder: Path = FOLDER) -> dict[str, Evidence]:
    """What was kept in ``folder``, by release, the oldest first."""
    files = sorted(folder.glob("*.json"), key=lambda file: [*map(int, file.stem.split("."))])
    return {
        file.stem: {
            half: {name: Found(**found) for name, found in visitors.items()}
            for half, visitors in json.loads(file.read_text(encoding="utf-8")).items()
        }
        for file in files
    }


def gather() -> Evidence:
    """Build all there is to build, on the running release."""
    recorder = _Recorder()
    results: list[tuple[str, str]] = []
    with warnings.catch_warnings(), vartrack.recording(recorder), _results_noted(results):
        warnings.simplefilter("ignore")
        # a registry that has made no route yet, so that the results are noted on all of them
        registry = vartrack.stock.derive()
        work = [*_builds(registry), *_programs(registry)]
        for step in track(work, f"torch {release()}", console=Console(stderr=True)):
            with contextlib.suppress(Exception):  # a refusal is a build as well
                step()
    order_values.forget()
    torch._dynamo.reset()
    seen: dict[str, dict[str, list[tuple[str, frozenset[str], bool]]]] = {h: {} for h in HALVES}
    passed_on = {each.parent for each in recorder.builds if each.outcome == "graph break"}
    for number, each in enumerate(recorder.builds):
        refused = each.outcome == "graph break" and number not in passed_on
        if each.visitor and (refused or each.outcome == "built"):
            half = "sourceless" if each.source is None else "sourced"
            seen[half].setdefault(each.visitor, []).append(_told(each))
    for visitor, tracker in results:
        seen["traced"].setdefault(visitor, []).append((tracker, frozenset(), False))
    return {
        half: {name: Found.of(builds) for name, builds in sorted(visitors.items())}
        for half, visitors in seen.items()
    }


def _told(each: Build) -> tuple[str, frozenset[str], bool]:
    return each.tracker, frozenset(guard.kind for guard in each.guards), each.graph_input


def _builds(registry: vartrack.Registry) -> Iterator[Callable[[], Any]]:
    examples = [
        (Example.read(row["example"]), half == "sourceless")
        for half in ("sourced", "sourceless")
        for row in ROWS[half]
        if row["example"] and release() not in row["absent_in"]
    ]
    examples += [(case.example, case.sourceless) for case in CASES.values()]
    examples += [(rule.example, rule.sourceless) for rule in RULES.values()]
    for example, sourceless in examples:
        # a row for values with a source is built in both halves
        for new in (True,) if sourceless else (False, True):
            yield lambda example=example, new=new: build(
                example, registry, sourceless=new, realize=not new
            )


def _programs(registry: vartrack.Registry) -> Iterator[Callable[[], Any]]:
    for make, state in PROGRAMS.values():
        yield lambda make=make, state=state: _run(registry, make, state)
    for function, args in _OPERATIONS:
        yield lambda function=function, args=args: _run(
            registry, lambda: (function, [(args, {})]), contextlib.nullcontext
        )


def _run(registry: vartrack.Registry, make: Callable[[], Any], state: Callable[[], Any]) -> None:
    torch._dynamo.reset()
    with state(), vartrack.use(registry):
        function, calls = make()
        compiled = torch.compile(function, backend="eager")
        for args, kwargs in calls:
            compiled(*args, **kwargs)


def _with_stream(x: torch.Tensor) -> torch.Tensor:
    torch.Stream(device="cpu")
    return x


def _with_event(x: torch.Tensor) -> torch.Tensor:
    torch.Event().record()
    return x


X = torch.arange(6.0).reshape(2, 3)

#: Functions whose operations give each kind of result that this machine can make.
_OPERATIONS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda x: (x.max(1), x.split(1), x.unbind(), x + 1), (X,)),
    (lambda x: torch.ops.aten.split_with_sizes(x, [1, 2], 1), (X,)),
    (lambda x: x * x.sum().item(), (X,)),
    (lambda x: x.repeat(x.shape[0], 1).numpy() * 2, (X,)),
    (lambda x: torch.zeros(int(x.sum().item())), (X,)),
    (lambda x: (torch.manual_seed(0), torch.randn(2))[1], (X,)),
    (lambda x: torch._assert(x.sum() > 0, "positive"), (X,)),
    (lambda x, n: torch.zeros(torch.sym_max(n, 3)), (X, 4)),
    (lambda x, n: x * round(n * 1.5), (X, 4)),
    (lambda x, array: x + torch.from_numpy(np.sort(array)), (X, np.ones(3))),
    (_with_stream, (X,)),
    (_with_event, (X,)),
    (lambda x: (torch.cpu.current_stream(), x)[1], (X,)),
    (lambda x: torch.func.vmap(torch.sin)(x), (X,)),
    (lambda x: torch.func.grad(lambda y: y.sin().sum())(x), (X,)),
    (lambda x: (torch.random.set_rng_state(torch.random.get_rng_state()), x)[1], (X,)),
    (
        lambda x: torch.nn.functional.scaled_dot_product_attention(x[None], x[None], x[None]),
        (X,),
    ),
]


@contextlib.contextmanager
def _results_noted(into: list[tuple[str, str]]) -> Iterator[None]:
    """Note what each visitor of results gives in the block."""
    visitors = [visitor for visitor in STOCK if issubclass(visitor, Traced)]
    before = {visitor: visitor.visit_traced for visitor in visitors}

    def noting(visit: Callable[..., Any]) -> Callable[..., Any]:
        def noted(self: Any, ctx: Any, result: Any) -> Any:
            try:
                tracker = visit(self, ctx, result)
            except Unsupported:
                into.append((self.name, ""))
                raise
            into.append((self.name, type(tracker).__name__))
            return tracker

        return noted

    for visitor, visit in before.items():
        visitor.visit_traced = noting(visit)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for visitor, visit in before.items():
            if "visit_traced" in vars(visitor):
                visitor.visit_traced = visit  # type: ignore[method-assign]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(exist_ok=True)
    found = {
        half: {name: vars(each) for name, each in visitors.items()}
        for half, visitors in gather().items()
    }
    (folder / f"{release()}.json").write_text(json.dumps(found, indent=1) + "\n")
