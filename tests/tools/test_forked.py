"""Commands in forks, as `forked.python` runs them: one that hangs is an error and ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from forked import python

_STARTS_ANOTHER = """
import pathlib, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({file!r}).write_text(str(other.pid))
print("begun", flush=True)
time.sleep(60)
"""


def _runs(pid: int) -> bool:
    """Whether there is such a process; one that nobody asked for its end is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up there")
def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    """The error names the command, the limit and what was written; the next command runs."""
    file = tmp_path / "pid"
    python("-c", "")  # what is imported first has its own time
    with pytest.raises(TimeoutError, match=r"(?s)-c .* was not done after 3 s .*begun"):
        python("-c", _STARTS_ANOTHER.format(file=str(file)), limit=3)
    for _ in range(100):
        if not _runs(int(file.read_text())):
            break
        time.sleep(0.05)
    else:
        pytest.fail("what the command started still runs")
    done = python("-c", "print('next')")
    assert (done.returncode, done.stdout) == (0, "next\n")
