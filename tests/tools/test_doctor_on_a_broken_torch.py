"""Where parts of torch cannot be read, the doctor looks at the others, and says which it left out."""

from __future__ import annotations

import json
import py_compile
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from copied_torch import Copy

from vartrack import compat
from vartrack.doctor.names import look_up

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


def left_empty(copy: Copy) -> None:
    """All that is left of the compiler are its folders, which Python takes for a package."""
    for file in copy.dynamo.rglob("*.py"):
        file.unlink()


def no_text(copy: Copy) -> None:
    """The builder is another file by now."""
    (copy.dynamo / BUILDER).write_bytes(b"\xff\xfe not a module")


def needs_another_package(copy: Copy) -> None:
    """torch needs a package that is not installed."""
    (copy.dynamo / "__init__.py").write_text("import nowhere_installed")


CASES: dict[Callable[[Copy], None], list[str]] = {
    compiled: ["the source of torch's builder cannot be read"],
    gone: ["torch._dynamo cannot be imported", "the source of torch's builder cannot be read"],
    half_installed: ["torch._dynamo cannot be imported (RuntimeError: half an install)"],
    left_empty: [
        "torch._dynamo cannot be imported",
        "the source of torch's builder cannot be read",
    ],
    no_text: ["torch._dynamo cannot be imported", "the source of torch's builder cannot be read"],
    needs_another_package: ["torch._dynamo cannot be imported (ModuleNotFoundError: No module"],
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


def test_a_part_that_cannot_be_imported_when_it_is_read_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As torch imports some of its own."""
    half = types.ModuleType("half")
    half.__getattr__ = lambda name: int("nowhere")  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "half", half)
    with pytest.raises(LookupError, match=r"half has no part"):
        look_up("half", ("part",))
