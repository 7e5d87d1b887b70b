"""`vartrack.watch`: a whole program; and ``pytest --vartrack-report``."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from forked import python
from torch._dynamo import convert_frame, guards, utils
from torch._guards import GuardsSet

import vartrack

ROOT = Path(__file__).parents[2]


@pytest.fixture
def x() -> torch.Tensor:
    return torch.ones(3)


def scaled(x: torch.Tensor, by: float) -> torch.Tensor:
    return x * by


def broken(x: torch.Tensor) -> torch.Tensor:
    x = x + 1
    torch._dynamo.graph_break()
    return x + 2


def test_a_program_runs_as_it_would_and_its_compiles_are_collected(fresh: Any, x: Any) -> None:
    torch._dynamo.reset()
    with vartrack.use(vartrack.stock), vartrack.watch() as found:
        compiled = torch.compile(scaled, backend="eager")
        results = [compiled(x, by) for by in (1.5, 2.5)]
        torch.compile(broken, backend="aot_eager")(x)
    assert torch.equal(results[1], x * 2.5)
    assert found.registry == "stock"
    assert found.graphs == 4
    assert [made.function for made in found.compiles[:3]] == ["scaled", "scaled", "broken"]
    ((compile, recompile),) = found.recompiles
    assert compile.id == found.compiles[1].id
    assert (recompile.cause, recompile.before, recompile.after) == ("float", "1.5", "2.5")
    assert [entry.title for entry in found.breaks] == ["Call to `torch._dynamo.graph_break()`"]
    value = found.find("L['by']")
    assert value is not None and value.visitor == "Floats"
    assert found.went_to_torch == 0


def test_torchs_own_builder_is_watched_as_well(fresh: Any, x: Any) -> None:
    assert not vartrack.is_installed()
    with vartrack.watch() as found:
        compiled = torch.compile(scaled, backend="eager")
        for by in (1.5, 2.5):
            compiled(x, by)
    assert (found.registry, found.values) == ("", 0)
    ((_, recompile),) = found.recompiles
    assert (recompile.cause, recompile.source) == ("float", "L['by']")
    assert (recompile.before, recompile.after) == ("1.5", "2.5")
    assert "torch's own builder" in found.text()


def test_what_is_compiled_stays_compiled(fresh: Any, x: Any) -> None:
    compiled = torch.compile(scaled, backend="eager")
    compiled(x, 2.0)
    with vartrack.watch() as found:
        compiled(x, 2.0)
    assert found.compiles == []
    with vartrack.watch() as found:
        compiled(x, 3.0)
    (made,) = found.compiles
    assert [each.check for each in made.recompiles] == ["L['by'] == 2.0"]


def test_other_threads_are_watched(fresh: Any, x: Any) -> None:
    with vartrack.watch() as found:
        thread = threading.Thread(target=torch.compile(scaled, backend="eager"), args=(x, 2.0))
        thread.start()
        thread.join()
    (made,) = found.compiles
    assert made.thread == thread.name


def test_a_program_that_raises_or_resets_is_told_as_far_as_it_came(fresh: Any, x: Any) -> None:
    with pytest.raises(ZeroDivisionError), vartrack.watch() as found:
        torch.compile(broken, backend="eager")(x)
        torch._dynamo.reset()
        torch.compile(broken, backend="eager")(x)
        raise ZeroDivisionError
    assert found.graphs == 4
    assert len(found.breaks) >= 1


def test_nothing_of_it_stays_behind(fresh: Any, x: Any) -> None:
    def state() -> list[object]:
        return [
            convert_frame._compile,
            convert_frame.get_and_maybe_log_recompilation_reasons,
            GuardsSet.add,
            guards.guard_manager_testing_hook_fn,
            torch._dynamo.output_graph.OutputGraph.call_user_compiler,
            type(utils.counters["unimplemented"]),
        ]

    before = state()
    compiled = torch.compile(scaled, backend="eager")
    with vartrack.watch():
        with vartrack.watch() as inner:
            compiled(x, 2.0)
        assert inner.graphs == 1
    assert state() == before


def test_explaining_within_a_watched_program(fresh: Any, x: Any) -> None:
    with vartrack.watch() as found:
        inner = vartrack.explain(scaled, x, 2.0)
    assert inner.graphs == found.graphs == 1


TESTS = """
import torch

def scaled(x, by):
    return x * by

def test_one():
    compiled = torch.compile(scaled, backend="eager")
    compiled(torch.ones(3), 1.5)
    compiled(torch.ones(3), 2.5)

def test_two():
    pass
"""


def run_pytest(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(TESTS)
    env = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return python("-m", "pytest", "-q", "-p", "pytest_vartrack", *args, cwd=folder, env=env)


def test_pytest_reports_what_was_compiled_again(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "--vartrack-report")
    assert done.returncode == 0, done.stdout + done.stderr
    text = " ".join(done.stdout.split())
    assert "2 graphs; 0 graph breaks; 2 compiles, 1 of code compiled before" in text
    assert "scaled: float of by, 1.5 before and 2.5 now" in text
    assert "Way out: pass torch.tensor(by) in place of the number; or vartrack.install(" in text
    # nothing else shows the rest of a session
    assert text.count("More: ") == 1 and "More: --vartrack-report=FILE has all of it" in text
    assert "--full" not in text


def test_pytest_says_if_the_report_cannot_be_written(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, f"--vartrack-report={tmp_path / 'nowhere' / 'report.json'}")
    assert done.returncode == 0
    assert "the report cannot be written" in done.stdout


def test_without_the_option_pytest_loads_no_torch(tmp_path: Path) -> None:
    code = "import sys, pytest_vartrack; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
