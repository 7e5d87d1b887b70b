"""Programs whose sizes and numbers change, run through both builders.

The tests hold everything against each other (graphs, guards, trackers, compiles, results) and then
look whether the rule that they are about was at work.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch._dynamo.decorators import (
    mark_dynamic,
    mark_static,
    mark_unbacked,
    maybe_mark_dynamic,
)

from vartrack import compat
from vartrack.comparison import Comparison, compare_calls

# torch's test helpers freeze these flags for the whole process when they are imported
torch.backends.__allow_nonbracketed_mutation_flag = True


_SYMBOL = re.compile(r"\b([szu])(f?\d+)\b")
_SIZES = re.compile(r"\[[^\]]*\](?: strides (\[[^\]]*\]))?")
ON_215 = compat.runs_on(">=2.15")


def hold(
    fn: Callable[..., Any],
    *calls: Callable[[], Any],
    make: Callable[[], Callable[..., Any]] | None = None,
    raises: str | None = "",
    steady: bool = True,
    **options: Any,
) -> Comparison:
    """Compare ``fn`` on ``calls``, each a function that makes the arguments anew.

    Args:
        fn: the program, or None with ``make``.
        calls: what makes the arguments of each call: a tuple, or one argument.
        make: makes the program anew for each side.
        raises: the kind of the error that every call ends in; "" if none does, None not to look.
        steady: whether torch's own builder does the same every time; the first time that some
            of its features are used, it also traces what they set up.
        options: further options of `compare_calls`.
    """

    def program() -> Any:
        made = [call() for call in calls]
        every = [(args if type(args) is tuple else (args,), {}) for args in made]
        return fn if make is None else make(), every

    comparison = compare_calls(make=program, **options)
    assert comparison, str(comparison)
    assert not (comparison.notes and steady)
    errors = [type(outcome.error).__name__ for outcome in comparison.torch.outcomes]
    if raises is not None:
        assert errors == [raises or "NoneType"] * len(calls), comparison.torch.outcomes
    return comparison


def times(call: Callable[[int], Any], *numbers: int) -> list[Callable[[], Any]]:
    """A maker of arguments for each of ``numbers``."""
    return [lambda n=number: call(n) for number in numbers]


def inputs(comparison: Comparison, *, strides: bool = False) -> list[list[str]]:
    """For each graph of each compile its inputs: sizes of tensors, symbols of numbers.

    Symbols are called a, b, ... in the order they come up in the graph, unbacked ones u0, u1.
    """
    return [
        list(_inputs(graph, strides))
        for frame in comparison.vartrack.frames
        if frame.outcome == "compiled"
        for graph in frame.graphs
    ]


def _inputs(graph: Sequence[str], strides: bool) -> Iterator[str]:
    names: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        if found[1] == "u":
            return found[0]
        return names.setdefault(found[0], "abcdefghij"[len(names)])

    for line in graph:
        if " = placeholder " not in line or line.startswith(" "):
            continue
        example = line.rpartition(" | ")[2]
        sizes = _SIZES.search(example)
        if sizes is not None:
            text = sizes[0] if strides else sizes[0].partition(" strides")[0]
        else:
            text = example.partition(" ")[2]
        yield _SYMBOL.sub(rename, text)


def checks(comparison: Comparison) -> str:
    """The guards on symbolic sizes, of all compiles."""
    lines = [
        " and ".join(guard.code)
        for frame in comparison.vartrack.frames
        for guard in frame.guards
        if "SHAPE_ENV" in (guard.source, guard.kind)
    ]
    return "\n".join(lines)


def rows(n: int, *rest: int) -> torch.Tensor:
    """A tensor of ``n`` rows."""
    shape = (n, *(rest or (3,)))
    return torch.arange(float(math.prod(shape))).reshape(shape)


def double(x: torch.Tensor) -> torch.Tensor:
    return x.relu() * 2 + x.size(0)


def both(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x.sum(-1) + y.sum(-1)


def marks(mark: Callable[..., None], *args: Any, **kwargs: Any) -> Callable[[int], torch.Tensor]:
    """Makes tensors with a mark."""

    def make(n: int) -> torch.Tensor:
        x = rows(n)
        mark(x, *args, **kwargs)
        return x

    return make


def marked_twice(*each: Callable[[torch.Tensor], None]) -> Callable[[int], torch.Tensor]:
    """Makes tensors with several marks."""

    def make(n: int) -> torch.Tensor:
        x = rows(n)
        for mark in each:
            mark(x)
        return x

    return make


MARKS: dict[str, Callable[[torch.Tensor], None]] = {
    "dynamic": lambda x: mark_dynamic(x, 0),
    "bounded": lambda x: mark_dynamic(x, 0, min=2, max=64),
    "weak": lambda x: maybe_mark_dynamic(x, 0),
    "static": lambda x: mark_static(x, 0),
    "unbacked": lambda x: mark_unbacked(x, 0),
    "strict": lambda x: mark_unbacked(x, 0, strict=True),
}


@contextlib.contextmanager
def listed(**lists: str) -> Iterator[None]:
    """Have the lists of ``torch.compiler.config`` set for a block."""
    with contextlib.ExitStack() as stack:
        for name, text in lists.items():
            stack.enter_context(torch.compiler.config.patch(name, text))
        yield


def insists_on_four(x: torch.Tensor) -> torch.Tensor:
    return x + torch.ones(4, 3)
