"""The sorts of programs that there are, each with how they are drawn and how they are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy

from random_programs import batch_judging, batches, functions, judging, program, thrifty
from random_programs.judging import Verdict

__all__ = ["SWEEPS", "Sweep"]


class Sweep(NamedTuple):
    """One sort of programs.

    Attributes:
        programs: what they are drawn by.
        judge: what says of several of them what they came to.
    """

    programs: SearchStrategy[Any]
    judge: Callable[[Sequence[Any]], list[Verdict]]


SWEEPS: dict[str, Sweep] = {
    "values": Sweep(batches.batches(), batch_judging.judge),
    "pairs": Sweep(program.programs(), judging.judge),
    "thrift": Sweep(program.programs(), thrifty.judge),
    "functions": Sweep(functions.functions(), functions.judge),
}
