"""`vartrack.diff`: two explanations side by side; and ``vartrack compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import vartrack
from vartrack.__main__ import main
from vartrack.explanation import explain_calls

X = torch.ones(3)


class Box:
    def __init__(self, number: int) -> None:
        self.number = number


def scaled(x: torch.Tensor, box: Box) -> torch.Tensor:
    return x * box.number


def scaled_twice(x: torch.Tensor, box: Box) -> torch.Tensor:
    x = x * box.number
    torch._dynamo.graph_break()
    return x * box.number


@pytest.fixture
def registry() -> vartrack.Registry:
    registry = vartrack.stock.derive("boxes")

    @registry.register
    class Boxes(vartrack.SnapshotVisitor):
        types = (Box,)

        @staticmethod
        def key(value: Box) -> Any:
            return value.number

    return registry


def test_the_same_is_equal_whatever_the_times() -> None:
    one, other = (explain_calls(scaled, [((X, Box(2)), {})]) for _ in range(2))
    found = vartrack.diff(one, other)
    assert found and found.changes == ()
    assert "equal" in str(found)
    again = vartrack.Explanation.from_json(one.to_json())
    assert vartrack.diff(one, again)


def test_two_registries(registry: Any) -> None:
    calls = [((X, Box(2)), {})]
    one, other = (explain_calls(scaled, calls, registry=r) for r in (vartrack.stock, registry))
    found = vartrack.diff(one, other)
    assert not found
    values = [change for change in found.changes if change.what == "value"]
    box = next(change for change in values if change.where == "scaled, compile 1, box")
    assert "Objects" in box.one and "Boxes" in box.other
    text = str(found)
    assert "registry stock" in text and "registry boxes" in text


def test_before_and_after_a_change() -> None:
    before = explain_calls(scaled, [((X, Box(2)), {}), ((X, Box(3)), {})])
    after = explain_calls(scaled_twice, [((X, Box(2)), {})])
    found = vartrack.diff(before, after)
    kinds = list(dict.fromkeys(change.what for change in found.changes))
    assert kinds[:3] == ["run", "graph break", "recompile"]
    (broken,) = [change for change in found.changes if change.what == "graph break"]
    assert broken.one == "" and "torch._dynamo.graph_break()" in broken.other
    (again,) = [change for change in found.changes if change.what == "recompile"]
    assert str(again) == "- scaled: int of box.number"


def test_what_a_graph_gained() -> None:
    def more(x: torch.Tensor, box: Box) -> torch.Tensor:
        return torch.relu(x * box.number)

    more.__code__ = more.__code__.replace(co_name="scaled")
    one, other = (explain_calls(fn, [((X, Box(2)), {})]) for fn in (scaled, more))
    changes = vartrack.diff(one, other).changes
    graph = [change for change in changes if change.what == "graph"]
    assert [(change.one, "relu" in change.other) for change in graph] == [("", True)]


# the command line

PROGRAM = """
import torch
import vartrack
from vartrack.visitors.sequences import Lists

def scale(x, factors):
    return x * factors[0]

def target():
    return scale, [((torch.ones(3), [2]), {}), ((torch.ones(4), [2]), {})]

class Unguarded(Lists):
    guarded_by = ()
    unguarded = "wrong on purpose"

broken = vartrack.stock.derive("broken lists")
broken.register(Unguarded, override=True)

def compiled():
    return torch.compile(scale, backend="eager"), (torch.ones(3), [2]), {}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


def test_compare_on_the_command_line(program: Path, capsys: Any) -> None:
    assert main(["compare", str(program), "--registry", "vartrack:stock"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("equal: 2 graphs")
    assert "vartrack on the registry 'stock'" in out
    assert main(["compare", str(program), "--registry", f"{program}:broken"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("different in ")
    assert "registry 'broken lists'" in out and "\nguard: " in out
    assert not vartrack.is_installed()


def test_compare_of_what_is_compiled_already(program: Path, capsys: Any) -> None:
    assert main(["compare", f"{program}:compiled"]) == 2
    assert "[VT701]" in capsys.readouterr().err


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "one.json", tmp_path / "other.json"
    for file, fn in zip(files, (scaled, scaled_twice), strict=True):
        file.write_text(explain_calls(fn, [((X, Box(2)), {})]).to_json(), encoding="utf-8")
    return files


def test_the_command_reads_two_files(written: tuple[Path, Path], capsys: Any) -> None:
    one, other = map(str, written)
    assert main(["diff", one, one]) == 0
    assert "equal" in capsys.readouterr().out
    assert main(["diff", one, other]) == 1
    found = vartrack.diff(*map(vartrack.Explanation.load, written))
    assert capsys.readouterr().out.strip() == str(found).strip()


@pytest.mark.parametrize("text", [None, "{", "[]", '{"schema": 1}'], ids=repr)
def test_a_file_with_no_explanation(
    text: str | None, written: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    bad = tmp_path / "bad.json"
    if text is not None:
        bad.write_text(text, encoding="utf-8")
    assert main(["diff", str(written[0]), str(bad)]) == 2
    error = capsys.readouterr().err
    assert "VT426" in error and "bad.json" in error and "--json --output" in error
