"""Some random programs of each sort every day, and what runs, judges and shrinks them.

The same few every time; ``python -m random_programs`` tries any others.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from rows import ROWS

from random_programs import batch_judging, judging, shards
from random_programs.batches import Batch, Member
from random_programs.drawing import drawn, shrunk
from random_programs.kinds import FAMILIES, KINDS, rows
from random_programs.program import Drawn, Program, programs
from random_programs.running import run
from random_programs.sweeps import SWEEPS
from random_programs.values import Value

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Whatever torch would say of programs that nobody would write."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


#: How many are tried every day, and the seed by which they are drawn.
EVERY_DAY = {"values": 3, "pairs": 25, "thrift": 15, "functions": 15}
SEED = 20


@pytest.mark.parametrize("sort", SWEEPS)
def test_a_few_every_day(sort: str) -> None:
    sweep = SWEEPS[sort]
    drawn_today = [drawn(sweep.programs, SEED, number) for number in range(EVERY_DAY[sort])]
    for program, verdict in zip(drawn_today, sweep.judge(drawn_today), strict=True):
        failures = verdict.failures.keys() - {judging.AS_TORCH}
        assert not failures, f"{verdict.failures}\n{program}"


@pytest.mark.parametrize("sort", SWEEPS)
def test_a_program_is_found_again_by_its_number(sort: str) -> None:
    first, again = (str(drawn(SWEEPS[sort].programs, 3, 7)) for _ in range(2))
    assert first == again
    assert first != str(drawn(SWEEPS[sort].programs, 3, 8))


def test_every_row_is_a_kind_or_says_why_not() -> None:
    examples = {
        row["id"] for half in ("sourced", "sourceless") for row in ROWS[half] if row["example"]
    }
    left_out = {name for name in examples if name not in KINDS}
    assert all(rows.why_left_out(name) for name in left_out)
    assert rows.LEFT_OUT.keys() <= examples


@pytest.mark.parametrize("family", FAMILIES)
def test_kinds_can_be_made_used_and_changed(family: str) -> None:
    """Each by itself: every part is there, and each use and each change is Python."""
    for kind in FAMILIES[family]:
        text = kind.make.replace("$1", "1").replace("$2", "2")
        parts = ", ".join(part.replace("$v", "v") for part in kind.parts)
        made = Program("\n".join((*kind.blocks, f"v = {text}")), f"[{parts}]", ())
        first, again = run(made, "eager").steps
        assert first == again and first[0] == "list", (kind.name, first)
        for line in (*kind.all_uses, *kind.all_changes, *kind.all_others):
            compile(line.replace("$v", "v").replace("$w", "v"), kind.name, "exec")


def test_no_two_kinds_define_one_class() -> None:
    """Many values stand in one program, where the later class would take the place of the other."""
    defined: dict[str, str] = {}
    for kind in KINDS.values():
        for block in kind.blocks:
            for node in ast.parse(block).body:
                if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                    text = ast.unparse(node)
                    assert defined.setdefault(node.name, text) == text, (kind.name, node.name)


STALE = Program(
    "held = {'v': [1]}\ndef use(x): return x + SCALE\nSCALE = 1\nrun = wrap(use)",
    "run(x)",
    ("SCALE = 2",),
)


def batch(*lines: str) -> Batch:
    """Lists of one number, each with a use of it and one item more before the second call."""
    changes = (("$r.append(2)",),)
    return Batch(
        tuple(
            Member(Drawn(Value("[1]"), (f"u0 = {line}",), ("u0",), changes), place)
            for line, place in zip(lines, ("argument", "global", "item", "attribute"), strict=False)
        )
    )


#: A list, a use of it that torch traces, and one that it does not.
SOME = batch("len($r)", "$r[0] + 1", "open('/no/such/file')", "[*$r]")


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that keeps its first answer."""

    def keeping(function: Any, **options: Any) -> Any:
        answers: list[Any] = []

        def call(*args: Any) -> Any:
            answers.append(answers[0] if answers else function(*args))
            return answers[0]

        return call

    monkeypatch.setattr(torch, "compile", keeping)


def test_one_that_is_right_is_found_to_be() -> None:
    (right,) = judging.judge([STALE])
    assert set(right.statuses.values()) == {"right"} and not right.failures


@pytest.mark.usefixtures("keeping")
def test_an_old_answer_is_noticed() -> None:
    (wrong,) = judging.judge([STALE])
    assert wrong.statuses["sound"] == "stale" and list(wrong.failures) == [
        "sound is stale, torch stale"
    ]


def test_many_values_are_counted_and_what_torch_refuses_is_left_out() -> None:
    (verdict,) = SWEEPS["values"].judge([SOME])
    assert not verdict.failures
    for side in ("stock", "sound"):
        assert verdict.counts[f"{side} in one piece"] == 3
        assert verdict.counts[f"{side} compiles"] >= 2
    assert verdict.counts["refused, as by torch"] == 1


@pytest.mark.usefixtures("keeping")
def test_old_answers_among_many_values_are_noticed() -> None:
    """Each by itself: those that the change makes no other answer of are right."""
    (verdict,) = SWEEPS["values"].judge([batch("len($r)", "$r[0] + 1", "[*$r]")])
    assert verdict.failures.keys() == {"sound is stale, torch stale"}
    # the whole list is looked at, too, which is what it is
    assert verdict.counts["values: sound is stale, torch stale"] == verdict.counts["run alone"] == 2


def test_a_refusal_of_one_of_many_values_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, batch_judging, judging)
    (verdict,) = SWEEPS["values"].judge([batch("len($r)")])
    assert verdict.failures.keys() == {"sound refuses what torch gets right"}


def test_a_refusal_of_what_torch_gets_right_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, judging)
    (verdict,) = judging.judge([STALE])
    assert list(verdict.failures) == ["sound refuses what torch gets right"]


def refusing(monkeypatch: pytest.MonkeyPatch, *modules: Any) -> None:
    """Have `sound` refuse every program in one piece."""
    own = judging.run

    def refuse(program: Any, side: str, **options: Any) -> Any:
        ran = own(program, side, **options)
        if side == "sound" and options.get("fullgraph", True):
            ran.refusal = ran.ended_at = "no"
        return ran

    for module in modules:
        monkeypatch.setattr(module, "run", refuse)


@pytest.mark.parametrize("sort", ["pairs", "thrift"])
def test_a_program_that_raises_before_its_first_call_is_none(sort: str) -> None:
    programs = [Program("v = 1 // 0", "v", ()), STALE]
    none, one = SWEEPS[sort].judge(programs)
    assert none.statuses == {"eager": "no program"} and not none.failures
    assert one.statuses["sound"] == "right"


def test_a_failure_is_shrunk() -> None:
    def fails(program: Program) -> bool:
        return "list(" in program.head

    numbers = (number for number in range(100) if fails(drawn(programs(), 1, number)))
    number = next(numbers)
    small = shrunk(programs(), 1, number, fails)
    assert fails(small) and len(str(small)) <= len(str(drawn(programs(), 1, number)))
    assert shrunk(programs(), 1, number, lambda program: False) is None


def test_results_are_appended_and_not_made_again(tmp_path: Path) -> None:
    file = tmp_path / "results"
    shards.run_shards("functions", 1, range(1), file)
    first = file.read_text()
    shards.run_shards("functions", 1, range(2), file)
    assert file.read_text().startswith(first)
    records = shards.records_of("functions", 1, file)
    assert [record["number"] for record in records] == [0, 1]
    assert all("torch" in record["statuses"] for record in records)
    assert shards.summary(records)[0].startswith("2 programs, ")
    assert shards.records_of("pairs", 1, file) == []
