"""How the programs of ``tests/cases`` are judged, and run although one ends the process."""

from __future__ import annotations

import dataclasses
import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from cases import sides
from cases.registering import Case, all_cases
from cases.running import RANKS, Found, Step, judge, run_case
from torch._dynamo.exc import Unsupported


def made(plan: Any, needs: int = 1) -> Case:
    return Case("made", "kind", "report", needs, "what", False, plan)


def in_one_graph(wrap: Any) -> Any:
    f = wrap(lambda x, n: (x + 1, n is None))
    yield lambda: f(torch.ones(2), 1)
    yield lambda: f(torch.ones(2), 1)


def in_two_graphs(wrap: Any) -> Any:
    f = wrap(lambda x, flag: x + 1 if flag else x - 1)
    yield lambda: f(torch.ones(2), True)
    yield lambda: f(torch.ones(2), False)


def broken(wrap: Any) -> Any:
    def fn(x: torch.Tensor) -> torch.Tensor:
        torch._dynamo.graph_break()
        return x + 1

    f = wrap(fn)
    yield lambda: f(torch.ones(2))


def raising(wrap: Any) -> Any:
    """What Python raises as well, which is right where graphs may break."""
    f = wrap(lambda x: x + 1)
    yield lambda: f(torch.ones(2))
    yield lambda: f("text")


@pytest.mark.parametrize(
    ("case", "status", "otherwise"),
    [
        (made(in_one_graph), "ok", ""),
        (made(in_two_graphs, 2), "ok", ""),
        (made(in_two_graphs, 1), "recompiles", ""),
        (made(broken), "graph break", "ok"),
        (made(raising, 2), "graph break", "ok"),
    ],
    ids=lambda value: value.plan.__name__ if isinstance(value, Case) else str(value),
)
@pytest.mark.usefixtures("fresh")
def test_what_a_program_comes_to(case: Case, status: str, otherwise: str) -> None:
    found = run_case(case)
    assert (found.status, found.otherwise) == (status, otherwise), found
    assert found.rank == RANKS[status] and found.rank_with_breaks == 0


@pytest.mark.parametrize(
    ("got", "status"),
    [
        ([Step(1, 1), Step(1, 1)], "stale"),  # no graph was made for the second call
        ([Step(1, 1), Step(1, 2)], "wrong"),
        ([Step(3, 1)], "wrong"),
        ([Step(1, 1), Step(0, 1, ZeroDivisionError("no"))], "crash"),
        ([Step(1, 1), Step(0, 1, Unsupported("no"))], "graph break"),
        ([Step(1, 1)], "crash"),
        ([Step(1, 1), Step(2, 2)], "ok"),
    ],
)
def test_how_steps_are_judged(got: list[Step], status: str) -> None:
    assert judge([Step(1, 0), Step(2, 0)], got, got[-1].graphs, needs=2)[0] == status


def test_a_program_that_ends_the_process_is_written_down_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def run(command: list[str], **options: Any) -> Any:
        out, names = Path(command[4]), command[5:]
        asked.append(names)
        done, dies = names[:1], "second" in names
        with out.open("a") as lines:
            for name in done if dies else names:
                lines.write(json.dumps(dataclasses.asdict(Found(name, "ok", ""))) + "\n")
        return subprocess.CompletedProcess(command, -11 if dies else 0, "", "")

    monkeypatch.setattr(sides.subprocess, "run", run)
    found = sides.run_sides(["torch"], ["first", "second", "third"])["torch"]
    assert asked == [["first", "second", "third"], ["third"]]
    assert [found[name].status for name in ("first", "second", "third")] == ["ok", "crash", "ok"]
    assert "signal 11" in found["second"].detail


def test_a_side_that_cannot_be_run_says_why() -> None:
    with pytest.raises(RuntimeError, match="no_such_name"):
        sides.run_sides(["vartrack.install(vartrack.no_such_name)"], ["class_tuple"])


def test_the_table_is_printed_by_hand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--case", "carry_decimal", "--case", "class_tuple"]
    monkeypatch.setattr(sys, "argv", ["cases", *chosen])
    runpy.run_module("cases", run_name="__main__")
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert [row.split("│")[1].strip() for row in rows] == ["torch", "extras"]
    assert len(all_cases()) > 400
