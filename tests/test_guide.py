"""Every snippet of the guide runs, in order, each section on its own; so does what it shows."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch

import vartrack
from vartrack import plugins

DOCS = Path(__file__).parent.parent / "docs"
GUIDE = (DOCS / "guide.md").read_text(encoding="utf-8")
ERRORS = (DOCS / "errors.md").read_text(encoding="utf-8")


def sections(text: str) -> dict[str, list[str]]:
    """The Python blocks of each section, under its heading."""
    parts = re.split(r"^##? (.+)$", text, flags=re.MULTILINE)[1:]
    found = {}
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        start = text.index(body)
        blocks = []
        for match in re.finditer(r"^```python\n(.*?)^```$", body, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, start + match.start(1))
            blocks.append("\n" * line + match[1])  # so that tracebacks show the guide's own lines
        found[title] = blocks
    return found


SECTIONS = sections(GUIDE)
PRELUDE, *TAUGHT = (title for title, blocks in SECTIONS.items() if blocks)


@pytest.fixture(autouse=True)
def without_plugins(as_before: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, "0")


def run(title: str) -> dict[str, Any]:
    """Run the blocks of a section in one module; what it has then."""
    module = types.ModuleType(f"guide_{re.sub(r'[^a-z]+', '_', title.lower())}")
    sys.modules[module.__name__] = module
    try:
        for block in [*SECTIONS[PRELUDE], *SECTIONS[title]]:
            exec(compile(block, str(DOCS / "guide.md"), "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
    return vars(module)


@pytest.mark.filterwarnings("error::vartrack.errors.VartrackWarning")
@pytest.mark.parametrize("title", TAUGHT)
def test_a_section_runs(title: str, request: pytest.FixtureRequest) -> None:
    """All of its blocks in order, and the tests that are defined in them."""
    names = run(title)
    tests = [thing for name, thing in names.items() if name.startswith("test_")]
    assert bool(tests) == (title == "Test it")
    for test in tests:
        torch._dynamo.reset()
        takes = test.__code__.co_varnames[: test.__code__.co_argcount]
        test(*map(request.getfixturevalue, takes))


def test_there_is_a_worked_type_of_each_kind() -> None:
    """One section for each base, and one for a built-in visitor, each with a table entry."""
    for base in ("Constant", "Snapshot", "Record", "Opaque", "Result"):
        uses = [title for title, blocks in SECTIONS.items() if f"vartrack.{base}V" in str(blocks)]
        assert uses, base
    assert "UserDicts" in str(SECTIONS["A built-in visitor with one step of your own"])


def test_every_link_leads_to_a_file() -> None:
    for page in DOCS.glob("*.md"):
        links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        for link in links:
            assert "://" in link or (page.parent / link).exists(), f"{page.name}: {link}"


# errors.md


def test_every_code_is_explained() -> None:
    """The codes in the source and in docs/errors.md are the same, each explained once."""
    package = Path(vartrack.__file__).parent
    used = set()
    for file in package.rglob("*.py"):
        text = re.sub(r"such as ``.*``", "", file.read_text(encoding="utf-8"))
        used |= set(re.findall(r"VT\d{3}", text))
    explained = re.findall(r"^\| (VT\d{3}) \|", ERRORS, re.MULTILINE)
    assert len(used) > 30
    assert sorted(explained) == sorted(used)


def test_every_graph_break_is_explained() -> None:
    package = Path(vartrack.__file__).parent
    used = set()
    for file in package.rglob("*.py"):
        used |= set(re.findall(r'"(vartrack: [^"]+)"', file.read_text(encoding="utf-8")))
    explained = re.findall(r"^\| (vartrack: [^|]+?) \|", ERRORS, re.MULTILINE)
    assert sorted(explained) == sorted(used)
