"""Tracker classes are written by one name for each hook, whatever the running torch calls it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from torch._dynamo.variables.base import VariableTracker

import vartrack
from vartrack import compat
from vartrack.compat.hooks import RENAMED, Hooks

PACKAGE = Path(vartrack.__file__).parent


@pytest.mark.parametrize(("new", "old"), RENAMED.items())
def test_torch_has_a_hook_under_one_of_its_names(new: str, old: str) -> None:
    """Where it has both the older one asks the newer, or each name would have to be written. Up to
    2.12 some are no hooks at all, and `compat.operators` and `Hooks` answer in their place."""
    found = hasattr(VariableTracker, new), hasattr(VariableTracker, old)
    if all(found):
        written = type("Written", (VariableTracker,), {new: lambda self, tx: ("written", tx)})
        assert getattr(written(), old)("tx") == ("written", "tx")
    else:
        assert any(found) or compat.runs_on("<2.13")


#: Those that are hooks on the running torch at all.
ASKED = [names for names in RENAMED.items() if any(hasattr(VariableTracker, n) for n in names)]


@pytest.mark.parametrize(("new", "old"), ASKED)
def test_torch_finds_a_hook_under_the_name_that_it_asks_by(new: str, old: str) -> None:
    """It is the one that was written under the new name, and ``super()`` leads to torch's own."""
    asked = new if hasattr(VariableTracker, new) else old

    class Theirs(VariableTracker):
        pass

    setattr(Theirs, asked, lambda self, *args: ("theirs", *args))

    class Ours(Hooks, Theirs):
        pass

    def written(self: Any, *args: Any) -> Any:
        return ("ours", getattr(super(Second, self), new)(*args))

    Second = type("Second", (Ours,), {new: written})
    third = type("Third", (Second,), {})()
    assert getattr(Ours(), new)("tx") == getattr(Ours(), asked)("tx") == ("theirs", "tx")
    assert getattr(third, asked)("tx") == getattr(third, new)("tx") == ("ours", ("theirs", "tx"))


def test_only_compat_knows_the_older_names() -> None:
    """No tracker class of vartrack defines or calls one."""
    older = set(RENAMED.values())
    found = []
    for file in PACKAGE.rglob("*.py"):
        if "compat" in file.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(node, "attr", None) or getattr(node, "name", None)
            if name in older and isinstance(node, (ast.Attribute, ast.FunctionDef)):
                found.append(f"{file.name}:{node.lineno}: {name}")
    assert not found


def test_only_compat_looks_for_what_a_release_may_lack() -> None:
    """No ``find``, version test or ``getattr(torch, ..., default)`` stands elsewhere."""
    found = []
    for file in PACKAGE.rglob("*.py"):
        if "compat" in file.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            text = ast.unparse(node) if isinstance(node, ast.Call) else ""
            of_torch = text.startswith("getattr(torch") and len(getattr(node, "args", ())) == 3
            if of_torch or text.startswith(("compat.names.find(", "runs_on(")):
                found.append(f"{file.name}:{node.lineno}: {text}")
            if isinstance(node, ast.ImportFrom) and node.module == "vartrack.compat.names":
                assert "find" not in [alias.name for alias in node.names], file
    assert not found
