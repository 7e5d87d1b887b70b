"""Programs over real process groups: what torch's own builder makes of them, vartrack makes too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RANK = Path(__file__).parents[1] / "helpers" / "distributed_rank.py"
WORLD = 2
SECONDS = 240


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, tuple[bool, str, int, list]]]:
    """What each of two gloo ranks found, by program."""
    store = str(tmp_path_factory.mktemp("store") / "file")
    processes = [
        subprocess.Popen(
            [sys.executable, str(RANK), str(rank), str(WORLD), store],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(WORLD)
    ]
    found = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=SECONDS)
            rows = [line for line in out.splitlines() if line.startswith("ROWS ")]
            assert process.returncode == 0 and rows, err[-3000:]
            found.append(
                {name: tuple(rest) for name, *rest in json.loads(rows[0].removeprefix("ROWS "))}
            )
    finally:
        for process in processes:
            process.kill()
    return found


@pytest.mark.parametrize(
    "program", ["process_group", "rewritten_collective", "mesh_and_dtensor", "fsdp2"]
)
def test_a_program_over_two_ranks_is_equal_on_each(program: str, ranks: list) -> None:
    """Graphs, guards, breaks, trackers and results are those of torch's own builder."""
    for rank, found in enumerate(ranks):
        equal, report, graphs, raised = found[program]
        assert equal, f"rank {rank}: {report}"
        assert not raised, f"rank {rank}: torch itself fails: {raised}"
        assert graphs, f"rank {rank}: nothing was compiled"
