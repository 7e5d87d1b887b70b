"""The page on adding a release names files that there are, and every module of `compat`."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from vartrack import compat
from vartrack.compat import filled
from vartrack.doctor import command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/project/adding-a-torch-release.md").read_text()
#: Names that stand for files of a release to come.
TO_COME = {"2.N.json"}


def test_every_module_of_compat_is_in_both_lists() -> None:
    """In the table of the page, and in the docstring of its room."""
    folder = ROOT / "vartrack/compat"
    found = {file.relative_to(folder).with_suffix("") for file in folder.rglob("*.py")}
    modules = {str(file) for file in found if file.stem != "__init__"}
    table = PAGE.partition("| file in `compat/`")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([\w/]+)\.py` \|", table, re.MULTILINE)) == modules
    told = {name for name in _told(compat) if name != "filled"}
    assert told | {f"filled/{name}" for name in _told(filled)} == modules


def _told(room: ModuleType) -> list[str]:
    return re.findall(r"^- `(\w+)`:", str(room.__doc__), re.MULTILINE)


def test_every_kind_of_finding_is_told() -> None:
    """In the order in which the doctor prints them."""
    table = PAGE.partition("| `kind` with `--json` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [*command._KINDS]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"[\w./*-]+\.(?:py|json|ini|md)\b", PAGE))))
def test_what_the_page_names_is_there(name: str) -> None:
    """By its path from the page or the root of the repository, or by the end of it."""
    if Path(name).name in TO_COME or name.startswith("torch/"):
        return
    beside = (ROOT / "docs/project" / name).resolve().is_file()
    places = () if ".." in name else ("", "tests/**/", "vartrack/**/")
    assert beside or any(any(ROOT.glob(f"{place}{name}")) for place in places)
