"""The programs on the page of torch's defects fail as it says; what is mended has to leave it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from vartrack import compat

PAGE = Path(__file__).parents[2] / "docs" / "project" / "defects-of-torch.md"
SECTIONS = re.findall(
    r"^## (.+?)\n(.+?)```python\n(.+?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL
)
STEADY = [section for section in SECTIONS if "of chance" not in section[1]]


def fails_here(told: str) -> bool:
    """Whether it is there in the release that runs, as all are that name none in which alone."""
    alone = re.search(r"only in ((?:2\.\d+(?:, | and )?)+)", told)
    return alone is None or compat.RUNNING.base_version.rpartition(".")[0] in alone[1]


PROGRAMS = {title: program for title, told, program in STEADY if fails_here(told)}


def test_all_but_one_are_run() -> None:
    assert len(STEADY) == len(SECTIONS) - 1 > 2
    assert len(STEADY) - len(PROGRAMS) <= 1


@pytest.mark.parametrize("title", PROGRAMS)
def test_torch_still_fails(title: str) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAMS[title]], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert re.search(
        r"^\S*(IndexError|AttributeError|AssertionError|InternalTorchDynamoError"
        r"|TorchRuntimeError|UnboundLocalError|NameError)",
        run.stderr,
        re.MULTILINE,
    )
