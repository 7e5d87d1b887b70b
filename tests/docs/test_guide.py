"""Every snippet in docs/ runs, each page on its own; so does what it shows. Every link leads on."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch

import vartrack
import vartrack.errors
from vartrack import plugins

DOCS = Path(__file__).parents[2] / "docs"
ERRORS = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
#: The bases, each with the page of its worked type.
BASES = {
    "constant": "vartrack.ConstantVisitor",
    "snapshot": "vartrack.SnapshotVisitor",
    "record": "vartrack.RecordVisitor",
    "mapping": "vartrack.MappingVisitor",
    "opaque": "vartrack.OpaqueVisitor",
    "result": "vartrack.ResultVisitor",
}


def python_blocks(page: Path) -> list[str]:
    """The Python blocks of a page."""
    text = page.read_text(encoding="utf-8")
    blocks = []
    for match in re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start(1))
        blocks.append("\n" * line + match[1])  # so that tracebacks show the page's own lines
    return blocks


PAGES = {page.relative_to(DOCS).as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
BLOCKS = {name: python_blocks(page) for name, page in PAGES.items()}
PRELUDE = "guide/index.md"
#: Its programs fail, as test_defects_of_torch shows.
DEFECTS = "project/defects-of-torch.md"
TAUGHT = [name for name, blocks in BLOCKS.items() if blocks and name not in (PRELUDE, DEFECTS)]


@pytest.fixture(autouse=True)
def without_plugins(as_before: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, "0")


def run(name: str) -> dict[str, Any]:
    """Run the blocks of a page in one module; what it has then."""
    module = types.ModuleType(re.sub(r"[^a-z]+", "_", name))
    sys.modules[module.__name__] = module
    pages = [PRELUDE, name] if name.startswith("guide/") else [name]
    try:
        for page in pages:
            for block in BLOCKS[page]:
                exec(compile(block, str(PAGES[page]), "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
    return vars(module)


@pytest.mark.filterwarnings("error::vartrack.errors.VartrackWarning")
@pytest.mark.parametrize("name", TAUGHT)
def test_a_page_runs(name: str, request: pytest.FixtureRequest) -> None:
    """All of its blocks in order, and the tests that are defined in them."""
    names = run(name)
    tests = [thing for name, thing in names.items() if name.startswith("test_")]
    assert bool(tests) == (name == "guide/testing.md")
    for test in tests:
        torch._dynamo.reset()
        takes = test.__code__.co_varnames[: test.__code__.co_argcount]
        test(*map(request.getfixturevalue, takes))


def test_every_page_of_the_guide_has_code() -> None:
    """The index has what the examples of all the others begin with, and nothing else."""
    guide = {name for name in BLOCKS if name.startswith("guide/")}
    assert guide == {PRELUDE, *(name for name in TAUGHT if name.startswith("guide/"))}
    assert [block.strip() for block in BLOCKS[PRELUDE]] == ["import torch\nimport vartrack"]


def test_there_is_a_worked_type_of_each_kind() -> None:
    """One page for each base, and one for a built-in visitor, each with a table entry."""
    for page, base in BASES.items():
        assert f"({base})" in str(BLOCKS[f"guide/{page}.md"]), base
    assert "UserDicts" in str(BLOCKS["guide/builtin_with_one_step.md"])
    index = PAGES[PRELUDE].read_text(encoding="utf-8")
    rows = [line for line in index.splitlines() if line.startswith("|")]
    for page in (*BASES, "builtin_with_one_step"):
        assert any(f"]({page}.md)" in row for row in rows), page


def test_every_link_leads_to_a_page() -> None:
    """To one of the site: what else is in the repository is not there."""
    pages = {page.resolve() for page in DOCS.rglob("*.md")}
    for name, page in PAGES.items():
        links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        for link in links:
            assert "://" in link or (page.parent / link).resolve() in pages, f"{name}: {link}"


def test_every_public_name_is_in_the_reference() -> None:
    """By its directive, or for what is no class or function by its name in the text."""
    reference = PAGES["reference/api.md"].read_text(encoding="utf-8")
    for module in ("errors", "testing", "plugins"):
        assert f".. automodule:: vartrack.{module}\n   :members:" in reference
    for name in set(vartrack.__all__) - {"__version__"} - set(vartrack.errors.__all__):
        directive = re.search(rf"^\.\. auto\w+:: vartrack\.{name}$", reference, re.MULTILINE)
        assert directive or f"`vartrack.{name}`" in reference, name


# errors.md


def test_every_code_is_explained() -> None:
    """The codes in the source and in docs/reference/errors.md are the same, each explained once."""
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
