"""The README's code runs, and its commands are the ones that are used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import vartrack

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks in ``language``, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("error::vartrack.errors.VartrackWarning")
def test_the_python_blocks_run_in_order(as_before, monkeypatch, capsys):
    """What the README says that they print, they print: among it the wrong answer of torch's own
    builder, and the right one."""
    monkeypatch.setenv(vartrack.plugins.VARIABLE, "0")
    names = {"__name__": "readme"}
    assert blocks("python")
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    text = capsys.readouterr().out
    assert "SettingsVisitor -> UserDefinedObjectVariable" in text
    assert "ID_MATCH" in text
    form, *answers = blocks("text")
    assert form.startswith("vartrack explain examples/encoder.py ──")
    assert answers[:2] == ["torch:    10.0 10.0\n", "vartrack: 10.0 0.0\n"]
    assert answers[2:] == [
        "torch: (0.0, 0.0) vartrack.sound: (0.0, 1.0)\n",
        "torch: 8 thrift: 1\n",
    ]
    for printed in answers:
        assert printed in text


def test_a_type_takes_four_lines():
    (visitor,) = (block for block in blocks("python") if "ConstantVisitor" in block)
    assert len(visitor.splitlines()) == 4


def test_there_are_two_commands_each_one_line():
    commands = [line for block in blocks("console") for line in block.splitlines()]
    job, tests = commands
    assert job.startswith("python3 -m venv .venv && .venv/bin/pip install torch==2.13.0 ")
    assert job.endswith(".venv/bin/python -m vartrack explain examples/encoder.py")
    assert tests.startswith("python3 -m venv .venv && .venv/bin/pip install torch==2.13.0 ")
    assert tests.endswith(".venv/bin/python -m pytest -n 2")


def test_ci_runs_the_same_tests():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r'bin/python"? -m pytest -n 2', ci)
    assert "torch==2.13.0" in ci
    assert '".[test]"' in ci


def test_every_link_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    for link in links:
        assert "://" in link or (ROOT / link).exists(), link
