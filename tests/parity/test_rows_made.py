"""What torch's own builder makes of a row without an example, vartrack makes too."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from made_rows import CASES, MADE, PROGRAMS, REASONS, RUNNING
from made_rows.base import LOCAL, OTHER, build_at
from made_rows.modules import my_module
from rows import ROWS, Example, assert_same, build
from torch._dynamo.variables.base import VariableTracker

import vartrack


def rows_without_example() -> list[str]:
    """Those that this torch release has."""
    return [
        row["id"]
        for half in ("sourced", "sourceless")
        for row in ROWS[half]
        if not row["example"] and RUNNING not in row["absent_in"]
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "realize"),
    # what is made while tracing is never lazy
    [(name, False) for name in CASES]
    + [(name, True) for name, case in CASES.items() if not case.sourceless],
)
def test_a_made_state_is_built_as_torch_builds_it(name: str, realize: bool) -> None:
    case = CASES[name]
    options = {"sourceless": case.sourceless, "realize": realize}
    theirs = build(case.example, None, **options)
    assert_same(build(copy.copy(case.example), vartrack.stock, **options), theirs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.plain is not None])
def test_the_state_is_what_makes_the_difference(name: str) -> None:
    """torch's own builder makes something else of the same value without the state."""
    case = CASES[name]
    assert case.plain is not None
    there, not_there = (
        build(example, None, sourceless=case.sourceless, realize=True)
        for example in (case.example, case.plain)
    )
    assert there != not_there


class CompiledAfterModule(Example):
    """A module that has a tracker, met again inside what ``torch.compile`` made of it."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        self.first = build_at(tx, LOCAL, value)
        return build_at(tx, OTHER, torch.compile(value))


def test_a_module_and_then_what_was_compiled_of_it() -> None:
    """torch dies of an assertion here, in every release; vartrack gives the module's tracker."""
    theirs = build(CompiledAfterModule(make=my_module), None)
    assert theirs.crashed and theirs.refusal == "AssertionError"
    ours = build(CompiledAfterModule(make=my_module), vartrack.stock)
    assert ours.reached and not ours.refusal
    assert ours.tracker["class"] == build(Example(make=my_module), None).tracker["class"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_reaches_the_state_is_equal(name: str) -> None:
    """Graphs, guards, trackers and results of a whole program are those of torch's builder."""
    make, state = PROGRAMS[name]
    with state():
        comparison = vartrack.compare_calls(make=make)
    assert comparison, comparison
    assert comparison.vartrack.values > 0
    assert not any(outcome.error for outcome in comparison.torch.outcomes), comparison


@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU they can be made")
def test_what_is_said_not_to_be_made_cannot_be_made() -> None:
    """The objects that no constructor gives on a machine without a GPU."""
    from torch._functorch.pyfunctorch import FuncTorchInterpreter

    for make in (
        lambda: FuncTorchInterpreter(None),  # type: ignore[abstract, arg-type]
        torch.cuda.MemPool,
        lambda: torch._C._CudaDeviceProperties(),  # there is no such class without CUDA
    ):
        with pytest.raises((TypeError, RuntimeError, AttributeError)):
            make()


def test_every_row_is_made_or_has_a_reason(pytestconfig: pytest.Config) -> None:
    """No row of this release is left out; how many there are of each kind is printed."""
    rows = rows_without_example()
    assert not set(MADE) & set(REASONS)
    left = [row for row in rows if row not in MADE and row not in REASONS]
    assert not left
    assert set(MADE) | set(REASONS) >= set(rows)
    known = {row["id"] for half in ("sourced", "sourceless") for row in ROWS[half]}
    assert set(MADE) | set(REASONS) <= known
    examples = sum(
        bool(row["example"]) and RUNNING not in row["absent_in"]
        for half in ("sourced", "sourceless")
        for row in ROWS[half]
    )
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(
            f"\nrows of torch {RUNNING}: {examples} with an example, "
            f"{sum(row in MADE for row in rows)} made, "
            f"{sum(row in REASONS for row in rows)} that cannot be made here"
        )
        for row in rows:
            if row in REASONS:
                print(f"  {row}: {REASONS[row]}")
