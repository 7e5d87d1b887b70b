"""The programs on the page of torch's defects fail as it says; what is mended has to leave it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "project" / "defects-of-torch.md"
SECTIONS = re.findall(
    r"^## (.+?)\n(.+?)```python\n(.+?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL
)
PROGRAMS = {title: program for title, told, program in SECTIONS if "of chance" not in told}


def test_all_but_one_are_run() -> None:
    assert len(PROGRAMS) == len(SECTIONS) - 1 > 2


@pytest.mark.parametrize("title", PROGRAMS)
def test_torch_still_fails(title: str) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAMS[title]], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert re.search(
        r"^\S*(IndexError|AttributeError|AssertionError|InternalTorchDynamoError"
        r"|TorchRuntimeError|UnboundLocalError)",
        run.stderr,
        re.MULTILINE,
    )
