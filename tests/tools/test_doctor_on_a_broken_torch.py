"""Where parts of torch cannot be read, the doctor looks at the others, and says which it left out."""

from __future__ import annotations

import json
import py_compile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from copied_torch import Copy

from vartrack import compat

BUILDER = "variables/builder.py"


def compiled(copy: Copy) -> None:
    """The builder comes without its source."""
    file = copy.dynamo / BUILDER
    py_compile.compile(str(file), cfile=str(file.with_suffix(".pyc")))
    file.unlink()


def gone(copy: Copy) -> None:
    """The builder is not there."""
    (copy.dynamo / BUILDER).unlink()


def half_installed(copy: Copy) -> None:
    """Something that the compiler needs is not there."""
    (copy.dynamo / "__init__.py").write_text("raise RuntimeError('half an install')")


CASES: dict[Callable[[Copy], None], list[str]] = {
    compiled: ["the source of torch's builder cannot be read"],
    gone: ["torch._dynamo cannot be imported", "the source of torch's builder cannot be read"],
    half_installed: ["torch._dynamo cannot be imported (RuntimeError: half an install)"],
}


@pytest.mark.parametrize("breaks", CASES, ids=lambda breaks: breaks.__name__)
def test_what_cannot_be_read_is_said(breaks: Callable[[Copy], None], tmp_path: Path) -> None:
    """Though this is a known release by its number. What can be read has not drifted."""
    copy = Copy(tmp_path, compat.RUNNING.public)
    breaks(copy)
    done = copy.doctor("--json")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["known"] and not found["same_files"] and not found["drift"]
    for said, unread in zip(CASES[breaks], found["unread"], strict=True):
        assert unread.startswith(said)
