"""``benchmarks/peers``: other packages' programs through both builders, by one command."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from forked import python

ROOT = Path(__file__).parents[2]
#: Runs the command where one package is hidden, and a folder has further programs.
HARNESS = """
import runpy, sys
sys.path[:0] = ["benchmarks/peers", "benchmarks"]
import programs
programs.__path__.append({folder!r})
sys.modules["timm"] = None
sys.argv = ["peers", *{words!r}]
runpy.run_path("benchmarks/peers", run_name="__main__")
"""


def peers(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What the command says to ``words``, with the programs in ``folder``, and without timm."""
    return python("-c", HARNESS.format(folder=str(folder), words=list(words)))


def program(folder: Path, package: str, text: str) -> None:
    (folder / f"{package}.py").write_text(textwrap.dedent(text))


def row(output: str, name: str) -> list[str]:
    """The cells of a row of the table."""
    lines = (line for line in output.splitlines() if name in line and "│" in line)
    return [cell.strip() for cell in next(lines).split("│")[1:-1]]


def test_a_program_of_a_package_is_compared_and_timed(tmp_path):
    pytest.importorskip("transformers")
    figures = tmp_path / "figures.json"
    asked = ["transformers.activation"]
    done = subprocess.run(
        [sys.executable, "benchmarks/peers", *asked, "--runs", "1", "--json", str(figures)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "1 programs of 1 packages, all equal" in done.stdout
    written = json.loads(figures.read_text(encoding="utf-8"))
    found = written["rows"]["transformers.activation"]
    assert found["graphs"] == 1 and found["differences"] == 0 and found["values"] > 0
    assert found["median ratio"] == pytest.approx(found["vartrack ms"] / found["torch's own ms"])
    cells = row(done.stdout, "transformers.activation")
    counts = [f"{found[what]:.0f}" for what in ("graphs", "guards", "breaks", "values")]
    assert cells[:5] == [*asked, *counts]
    assert cells[-1] == "equal"
    assert list(written["packages"]) == ["transformers"]
    assert written["torch"] == torch.__version__


def test_what_differs_or_fails_is_named_and_ends_with_status_1(tmp_path):
    program(
        tmp_path,
        "msgspec",
        """
        import itertools
        import torch

        numbers = itertools.count()

        def steady():
            return torch.sin, (torch.ones(2),), {}

        def unsteady():
            number = next(numbers)
            return (lambda x: x + number), (torch.ones(2),), {}

        def broken():
            return (lambda x: x.no_such_method()), (torch.ones(2),), {}

        PROGRAMS = (steady, unsteady, broken)
        """,
    )
    program(tmp_path, "hypothesis", "raise ImportError('too old')")
    figures = tmp_path / "figures.json"
    asked = ("timm", "hypothesis", "msgspec", "--runs", "0", "--json", str(figures))
    done = peers(tmp_path, *asked)
    assert done.returncode == 1, done.stderr
    assert row(done.stdout, "msgspec.steady")[-1] == "equal"
    assert row(done.stdout, "msgspec.unsteady")[-1].endswith(" differences")
    assert row(done.stdout, "msgspec.broken")[-1] == "failed"
    assert "msgspec.unsteady: different in" in done.stdout
    assert "msgspec.broken cannot run: AttributeError: 'Tensor' object" in done.stdout
    assert "hypothesis cannot be imported: ImportError: too old" in done.stdout
    assert "timm is not installed: python -m pip install timm" in done.stdout
    assert "not equal: hypothesis, msgspec.unsteady, msgspec.broken" in done.stdout
    written = json.loads(figures.read_text(encoding="utf-8"))
    assert written["packages"]["timm"] is None and written["packages"]["msgspec"]
    assert written["rows"]["msgspec.steady"]["differences"] == 0
    assert written["rows"]["msgspec.unsteady"]["differences"] > 0
    assert written["rows"]["msgspec.broken"] == {"failed": 1}


def test_on_sound_guards_may_be_added_and_no_more(tmp_path):
    program(
        tmp_path,
        "msgspec",
        """
        import torch

        class Scale:
            def __call__(self, x):
                return x * 2

        def method():
            return torch.nn.Sequential(torch.nn.Linear(2, 2)), (torch.ones(2),), {}

        def of_a_class():
            scale = Scale()
            return (lambda x: scale(x)), (torch.ones(2),), {}

        class Pairs(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.pairs = [([3], [2])]

            def forward(self, x):
                for one, other in self.pairs:
                    x = x + one[0]
                return x

        def pairs():
            return Pairs(), (torch.ones(2),), {}

        def changed():
            def call(x):
                Scale.n = getattr(Scale, "n", 0) + 1
                return x * Scale.n
            return call, (torch.ones(2),), {}

        PROGRAMS = (method, of_a_class, pairs, changed)
        """,
    )
    done = peers(tmp_path, "msgspec", "--runs", "0", "--registry", "sound")
    assert row(done.stdout, "msgspec.of_a_class")[-1] == "run alike", done.stdout
    assert row(done.stdout, "msgspec.changed")[-1].endswith(" differences"), done.stdout
    assert row(done.stdout, "msgspec.pairs")[-1] == "run alike", done.stdout
    notes = [line for line in done.stdout.splitlines() if "only torch has the guard" in line]
    assert [note.partition(":")[0] for note in notes] == ["msgspec.pairs"], done.stdout
    assert "not equal: msgspec.changed" in done.stdout
    assert done.returncode == 1
    done = peers(tmp_path, "msgspec.method", "msgspec.of_a_class", "--runs", "1")
    assert "only torch has the guard" not in done.stdout
    assert row(done.stdout, "msgspec.of_a_class")[-1] == "equal", done.stdout
    assert "2 programs of 1 packages, all equal" in done.stdout


def test_with_thrift_fewer_compiles_are_no_difference(tmp_path):
    program(
        tmp_path,
        "msgspec",
        """
        import torch

        from collections import deque

        def added_to():
            seen = deque()

            def call(x):
                seen.append("a call")
                return x * 2

            return call, (torch.ones(2),), {}

        class Scale:
            n = 0

        def changed():
            def call(x):
                Scale.n += 1
                return x * Scale.n
            return call, (torch.ones(2),), {}

        PROGRAMS = (added_to, changed)
        """,
    )
    done = peers(tmp_path, "msgspec", "--runs", "0", "--registry", "thrift")
    assert row(done.stdout, "msgspec.added_to")[1::7] == ["2 / 1", "no worse"], done.stdout
    assert row(done.stdout, "msgspec.changed")[-1].endswith(" differences"), done.stdout
    assert "not equal: msgspec.changed" in done.stdout
    assert done.returncode == 1


def test_where_nothing_can_be_compared_the_status_is_2(tmp_path):
    done = peers(tmp_path, "timm")
    assert done.returncode == 2
    assert "timm is not installed: python -m pip install timm" in done.stdout
    assert "0 programs of 0 packages" in done.stdout and "equal" not in done.stdout


@pytest.mark.parametrize(
    "word, told",
    [
        ("no_such", "there are no programs of no_such, but of diffusers, "),
        ("msgspec.other", "msgspec has no program other, but steady"),
    ],
)
def test_a_name_that_is_none_is_refused(tmp_path, word, told):
    program(tmp_path, "msgspec", "def steady(): ...\nPROGRAMS = (steady,)")
    done = peers(tmp_path, word)
    assert done.returncode == 2
    assert told in done.stderr
