"""Random functions: on `vartrack.stock` torch makes of them what it makes of them alone."""

from __future__ import annotations

import sys
import textwrap
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import torch

import vartrack
from random_programs.judging import Verdict
from random_programs.running import NAMES
from random_programs.statements import Writer
from random_programs.values import ROOT, draw_value
from vartrack.comparison import compare_calls
from vartrack.comparison.spelling import spell

__all__ = ["Function", "functions", "judge"]


@dataclass(frozen=True)
class Function:
    """A function of a tensor, a number and a value.

    Attributes:
        head: what comes before it, the value included.
        body: the lines of the function.
        numbers: the number of each call.
    """

    head: str
    body: tuple[str, ...]
    numbers: tuple[int, ...]

    @property
    def pairs(self) -> int:
        """How many calls there are that another one follows."""
        return len(self.numbers) - 1

    def __str__(self) -> str:
        body = textwrap.indent("\n".join(self.body), "    ")
        return f"{self.head}\ndef function(x, n, v):\n{body}\n# called with n = {self.numbers}"

    def make(self) -> tuple[Callable[..., Any], list[tuple[tuple[Any, ...], dict[str, Any]]]]:
        """The function, and the arguments of each call."""
        module = types.ModuleType("random_function")
        sys.modules[module.__name__] = module  # what its functions read is found by its name
        vars(module).update(NAMES, undo=[], x=torch.ones(2))
        exec(compile(str(self), "<random function>", "exec"), vars(module))
        value = vars(module)["v"]
        calls = [((torch.ones(2), number, value), {}) for number in self.numbers]
        return vars(module)["function"], calls


@st.composite
def functions(draw: st.DrawFn) -> Function:
    """Any function."""
    value = draw_value(draw)
    writer = Writer(draw, value.nodes)
    body = writer.function()
    blocks = [block.strip("\n") for node in value.nodes for block in node.kind.blocks]
    blocks = [block for block in dict.fromkeys(blocks) if "VISITORS" not in block]
    if any("VISITORS" in block for node in value.nodes for block in node.kind.blocks):
        blocks += [block for node in value.nodes for block in node.kind.blocks]
    head = "\n".join((*dict.fromkeys(blocks), *value.before, f"v = {value.text}"))
    # each side makes its own objects, whose addresses say in which order a set has them
    head = head.replace("{len, KEY}", "{KEY}")
    numbers = draw(st.lists(st.sampled_from([2, 2, 3, 5, -1, 0]), min_size=1, max_size=3))
    return Function(head, tuple(line.replace(ROOT, "v") for line in body), tuple(numbers))


def judge(programs: Sequence[Function]) -> list[Verdict]:
    """Compile each on torch's own builder and on `vartrack.stock`."""
    return [_compared(program) for program in programs]


def _compared(program: Function) -> Verdict:
    verdict = Verdict()
    found = compare_calls(make=program.make, registry=vartrack.stock)
    for side in (found.torch, found.vartrack):
        breaks = sum(len(frame.breaks) for frame in side.frames)
        raised = any(outcome.error is not None for outcome in side.outcomes)
        verdict.statuses[side.name] = "raised" if raised else "broken" if breaks else "whole"
        verdict.compiles[side.name] = side.compiles()
    for what, causes in found.causes.items():
        # a text that the program made of an object has an address in it
        real = [one for one, *_ in causes if spell(one.torch or "") != spell(one.vartrack or "")]
        if real:
            verdict.failures[f"stock: another {what}"] = str(real[0])
    return verdict
