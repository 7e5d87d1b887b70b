"""Figures of benchmarks are written, read and compared. None is measured here."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

import vartrack

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def scripts() -> Iterator[SimpleNamespace]:
    """The two modules, found as when a script beside them is run."""
    sys.path.insert(0, str(BENCHMARKS))
    before = set(sys.modules)
    try:
        modules: dict[str, ModuleType] = {
            name: importlib.import_module(name) for name in ("figures", "compare")
        }
        yield SimpleNamespace(**modules)
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in (set(sys.modules) - before) & {"figures", "compare"}:
            del sys.modules[name]


@pytest.fixture
def made(scripts: SimpleNamespace) -> Any:
    """Figures as a script makes them."""
    figures = scripts.figures.begin("front_end", runs=3)
    figures.rows["linear"] = {"vartrack ms": 50.0, "median ratio": 0.95}
    figures.rows["geometric mean"] = {"median ratio": 0.9}
    return figures


@pytest.fixture
def compared(scripts: SimpleNamespace, tmp_path: Path, capsys: Any, monkeypatch: Any) -> Any:
    """A function from two files' contents to exit status, output and errors of ``compare.py``."""
    monkeypatch.setenv("COLUMNS", "120")

    def compare(old: dict, new: dict, *flags: str) -> tuple[int, str, str]:
        for name, content in (("old", old), ("new", new)):
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        paths = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
        status = scripts.compare.main([*paths, *flags])
        return status, *capsys.readouterr()

    return compare


def plain(scripts: SimpleNamespace, figures: Any, path: Path) -> dict:
    """What is in the file that is written."""
    scripts.figures.write(figures, path)
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def content(scripts: SimpleNamespace, made: Any, tmp_path: Path) -> dict:
    return plain(scripts, made, tmp_path / "made.json")


def test_what_is_written_is_read(scripts, made, tmp_path):
    path = tmp_path / "made.json"
    scripts.figures.write(made, path)
    assert scripts.figures.read(path) == made


def test_the_circumstances_are_in_the_file(content):
    assert content["benchmark"] == "front_end"
    assert content["settings"] == {"runs": 3}
    assert content["torch"] == torch.__version__
    assert content["python"] == ".".join(map(str, sys.version_info[:3]))
    assert content["vartrack"]["version"] == vartrack.__version__
    assert set(content["vartrack"]) == {"version", "commit", "changed"}
    assert content["machine"]["cpu"] and content["machine"]["cores"] > 0
    assert content["load"] is None or len(content["load"]) == 3
    assert content["date"].endswith("Z")
    assert content["rows"]["linear"] == {"vartrack ms": 50.0, "median ratio": 0.95}


def test_outside_of_a_checkout_there_is_no_commit(scripts, monkeypatch, tmp_path):
    monkeypatch.setattr(scripts.figures, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ours = scripts.figures.begin("front_end").vartrack
    assert ours.commit is None and not ours.changed


def test_without_a_file_nothing_is_written(scripts, made):
    scripts.figures.write(made, None)


def test_a_folder_that_is_missing_is_told_before_anything_is_measured(scripts, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    scripts.figures.add_option(parser)
    assert parser.parse_args(["--json", str(tmp_path / "a.json")]).json == tmp_path / "a.json"
    with pytest.raises(SystemExit):
        parser.parse_args(["--json", str(tmp_path / "none" / "a.json")])
    assert f"{tmp_path / 'none'} is no folder" in capsys.readouterr().err


def test_two_runs_are_set_side_by_side(content, compared):
    later = json.loads(json.dumps(content))
    later["rows"]["linear"] = {"vartrack ms": 40.0}
    later["rows"]["lstm"] = {"vartrack ms": 25.0}
    later["vartrack"] |= {"commit": "0123456789abcdef", "changed": True}
    status, out, err = compared(content, later)
    assert (status, err) == (0, "")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines()]
    assert ["linear", "vartrack ms", "50", "40", "0.800"] in rows
    assert ["", "median ratio", "0.95", "-", "-"] in rows
    assert ["geometric mean", "median ratio", "0.9", "0.9", "1.000"] in rows
    assert ["lstm", "vartrack ms", "-", "25", "-"] in rows
    assert f"new: {later['date'][:10]}" in out
    assert "commit 0123456789 with changes" in out


@pytest.mark.parametrize(
    "change, told",
    [
        ({"torch": "2.15.0"}, "other torch releases: 2.13.0 and 2.15.0"),
        (
            {"machine": {"cpu": "Other", "cores": 2, "system": "Linux"}},
            "other machines: This with 2 cores, Linux and Other with 2 cores, Linux",
        ),
    ],
)
def test_what_says_nothing_about_vartrack_is_refused(content, compared, change, told):
    content |= {"torch": "2.13.0", "machine": {"cpu": "This", "cores": 2, "system": "Linux"}}
    status, out, err = compared(content, content | change)
    assert status == 2
    assert out == ""
    assert err.splitlines()[0] == f"compare.py: {told}"
    assert "--anyway" in err
    status, out, err = compared(content, content | change, "--anyway")
    assert (status, err) == (0, "")
    assert told in out


def test_another_build_of_one_release_is_the_same_release(content, compared):
    status, _, _ = compared(content | {"torch": "2.13.0+cpu"}, content | {"torch": "2.13.0"})
    assert status == 0


def test_other_settings_and_pythons_are_told(content, compared):
    status, out, _ = compared(content, content | {"settings": {"runs": 9}, "python": "3.9.0"})
    assert status == 0
    assert "other settings: runs 3 and runs 9" in out
    assert "other Pythons: " in out


def test_two_benchmarks_are_never_compared(content, compared):
    status, _, err = compared(content, content | {"benchmark": "routing"}, "--anyway")
    assert status == 2
    assert err == "compare.py: figures of two benchmarks: front_end and routing\n"


@pytest.mark.parametrize(
    "text, told",
    [
        (None, "No such file or directory"),
        ("no json", "has no figures of a benchmark: JSON is malformed"),
        ("[1, 2]", "has no figures of a benchmark: Expected `object`, got `array`"),
        ('{"format": "another"}', "has no figures of a benchmark: Invalid enum value 'another'"),
        ("{}", "has no figures of a benchmark: Object missing required field `benchmark`"),
        (b"\xff\xfe", "has no figures of a benchmark: "),
    ],
)
def test_a_file_that_is_not_ours_is_named(scripts, made, tmp_path, capsys, text, told):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    scripts.figures.write(made, good)
    if text is not None:
        bad.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert scripts.compare.main([str(good), str(bad)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"compare.py: {bad}")
    assert told in err


def test_a_number_of_the_wrong_kind_is_named(content, compared):
    status, _, err = compared(content, content | {"rows": {"linear": {"vartrack ms": "fast"}}})
    assert status == 2
    assert "Expected `float`, got `str` - at `$.rows[...][...]`" in err


def test_what_is_kept_can_be_read(scripts):
    """Every file in ``benchmarks/results``."""
    kept = sorted((BENCHMARKS / "results").glob("*.json"))
    assert kept
    for path in kept:
        assert scripts.figures.read(path).rows, path.name
