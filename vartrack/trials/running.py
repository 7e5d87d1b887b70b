"""Running one use with one value after the other, compiled, and judging what comes of it."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch._dynamo
from torch._dynamo.exc import Unsupported

from vartrack.core.texts.articles import with_article
from vartrack.core.user_code.interrupts import RAISED
from vartrack.trials.sameness import alike, kept
from vartrack.trials.uses import Use

__all__ = [
    "Counting",
    "Outcome",
    "Program",
    "Status",
    "a_tensor",
    "as_argument",
    "as_often_as_needed",
    "explanation_of",
    "forgetting",
    "try_use",
    "unlogged",
    "unprinted",
]

#: What came of a use, the best first.
Status = Literal["ok", "recompiles", "graph break", "crash", "wrong", "stale"]


class Counting:
    """A backend that runs graphs as they are and counts them."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, _: Any) -> Callable[..., Any]:
        self.graphs += 1
        forward: Callable[..., Any] = graph.forward
        return forward


def a_tensor() -> torch.Tensor:
    """A small tensor, for a program to have something to compile."""
    return torch.arange(4.0)


@contextlib.contextmanager
def forgetting() -> Iterator[None]:
    """In the block nothing is compiled, and nothing of it is left afterwards."""
    torch._dynamo.reset()
    try:
        yield
    finally:
        torch._dynamo.reset()


@contextlib.contextmanager
def as_often_as_needed() -> Iterator[None]:
    """No limit to compiling again, and no numbers that become symbols when they change."""
    options = {"recompile_limit": 1000, "automatic_dynamic_shapes": False}
    with torch._dynamo.config.patch(options):
        yield


@contextlib.contextmanager
def unprinted() -> Iterator[None]:
    """Nothing is shown of what methods print or warn of that are called for the sake of trying."""
    nowhere = io.StringIO()
    into = contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere)
    with into[0], into[1], warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """torch says nothing of what it cannot guard well: that is what is tried."""
    log = logging.getLogger(torch._guards.__name__)
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


@dataclass(frozen=True)
class Outcome:
    """What came of one use.

    Attributes:
        status: ``"ok"``: Python's answer each time. ``"recompiles"``: that, with more graphs than
            there are different values. ``"graph break"``: ``fullgraph=True`` refuses it.
            ``"stale"``: the answer of an earlier value. ``"wrong"``: another answer.
            ``"crash"``: an exception that Python does not raise.
        message: what was refused or raised, or the answers, in a line; "" if it is fine.
        graphs: how many graphs were compiled.
        needed: how many would do.
        value: the value at which it went wrong.
        alike: the earlier value whose answer was given, if it is stale.
    """

    status: Status
    message: str = ""
    graphs: int = 0
    needed: int = 0
    value: Any = None
    alike: Any = None


Program = Callable[[torch.Tensor, Any], Any]


def as_argument(function: Program, backend: Counting) -> Program:
    """``function``, compiled: the value is its argument."""
    compiled: Program = torch.compile(function, backend=backend, fullgraph=True)
    return compiled


def try_use(
    use: Use,
    values: Iterable[Any],
    other: Any = None,
    standing: Callable[[Program, Counting], Program] = as_argument,
) -> Outcome:
    """Compile ``use``, and call it with one value after the other, on the registry in force.

    Args:
        use: what to do with each.
        values: the values; an iterator may change one and give it again.
        other: the operand of uses that need a second value.
        standing: compiles the program; the value is where this puts it.
    """
    backend = Counting()
    function = use.function(other)
    run = standing(use.function(other), backend)
    met: list[tuple[Any, Any]] = []
    for value in values:
        expected, raised = _called(function, value)
        before = backend.graphs
        got, problem = _called(run, value)
        if problem is not None and type(problem) is not type(raised):
            refused = isinstance(problem, Unsupported)
            return Outcome(
                "graph break" if refused else "crash",
                explanation_of(problem),
                backend.graphs,
                len(met) + 1,
                value,
            )
        if problem is None and (raised is not None or not alike(got, expected)):
            earlier = [one for one, answer in met if alike(got, answer)]
            stale = backend.graphs == before and bool(met)
            wanted = type(raised).__name__ if raised is not None else _brief(expected)
            return Outcome(
                "stale" if stale else "wrong",
                f"gives {_brief(got)} instead of {wanted}",
                backend.graphs,
                len(met) + 1,
                value,
                earlier[-1] if stale and earlier else None,
            )
        if not any(_same(use, value, expected, *one) for one in met):
            met.append((kept(value), kept(expected)))
    needed = len(met)
    status: Status = "recompiles" if backend.graphs > needed else "ok"
    many = f"{backend.graphs} graphs, where {needed} would do" if status == "recompiles" else ""
    return Outcome(status, many, backend.graphs, needed)


def _called(function: Callable[..., Any], value: Any) -> tuple[Any, BaseException | None]:
    try:
        return function(a_tensor(), value)[1], None
    except RAISED as error:
        return None, error


def _same(use: Use, value: Any, answer: Any, earlier: Any, answered: Any) -> bool:
    """Whether what compiled code may rely on is as it was for an earlier value."""
    if type(value) is not type(earlier):
        return False
    if use.depends == "type":
        return True
    if not alike(answer, answered):
        return False
    return use.depends == "field" or alike(value, earlier)


def _brief(answer: Any) -> str:
    try:
        text = " ".join(repr(answer).split())
    except RAISED:
        text = with_article(type(answer))
    return text if len(text) <= 80 else f"{text[:79]}…"


def explanation_of(error: BaseException) -> str:
    """The explanation of a graph break, or the first line of another error."""
    text = str(error)
    before, found, rest = text.partition("Explanation: ")
    line = (rest if found else before).strip().partition("\n")[0]
    return line if isinstance(error, Unsupported) else f"{type(error).__name__}: {line}"
